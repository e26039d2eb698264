// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Servers;
using Meridian.Platform.Sagas;
using Meridian.Platform.Storage;
using Meridian.Testing;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Compute.Tests.Servers;

/// <summary>Compute with everything but a saga runner: the tests run each saga themselves.</summary>
public sealed class DrivenFixture : ComputeFixture
{
    protected override bool RunsSagas => false;

    protected override string Further => "[quota]\ninstances = -1\ncores = -1\nram = -1";
}

public sealed class CreateServerSagaTests(DrivenFixture fixture) : SagaTests, IClassFixture<DrivenFixture>
{
    protected override Task<SagaScenario> CreateAsync() => Task.FromResult<SagaScenario>(new Scenario(fixture));

    private sealed class Scenario(DrivenFixture fixture) : SagaScenario
    {
        private string id = "";

        public override Saga Saga => fixture.Conductor.Host.Services.GetRequiredService<CreateServerSaga>();

        public override Database Database => fixture.Conductor.Host.Services.GetRequiredService<Database>();

        public override async Task<string> EnqueueAsync(CancellationToken cancellationToken)
        {
            id = await fixture.CreateServerAsync("driven");
            var queue = fixture.Conductor.Host.Services.GetRequiredService<ISagaQueue>();
            return (await queue.ListAsync(cancellationToken)).Single(s => s.Subject == id).Id;
        }

        public override async Task AssertDoneAsync(CancellationToken cancellationToken)
        {
            var server = (await fixture.GetAsync($"/v2.1/servers/{id}")).Is(200).Json.GetProperty("server");
            Assert.Equal("ACTIVE", server.GetProperty("status").GetString());
            Assert.Single(fixture.Neighbours.Ports.Values, p => p["device_id"]!.GetValue<string>() == id);
            Assert.Equal(1, await fixture.CountAllocationsAsync(id));
            Assert.Equal(1, fixture.CountGuests(id));
        }

        public override async Task AssertNothingLeftAsync(CancellationToken cancellationToken)
        {
            var server = (await fixture.GetAsync($"/v2.1/servers/{id}")).Is(200).Json.GetProperty("server");
            Assert.Equal("ERROR", server.GetProperty("status").GetString());
            Assert.StartsWith("a test failed step", server.GetProperty("fault").GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.DoesNotContain(fixture.Neighbours.Ports.Values, p => p["device_id"]!.GetValue<string>() == id);
            Assert.Equal(0, await fixture.CountAllocationsAsync(id));
            Assert.Equal(0, fixture.CountGuests(id));
        }
    }
}

public sealed class DeleteServerSagaTests(DrivenFixture fixture) : SagaTests, IClassFixture<DrivenFixture>
{
    protected override bool CanFail => false;

    protected override Task<SagaScenario> CreateAsync() => Task.FromResult<SagaScenario>(new Scenario(fixture));

    private sealed class Scenario(DrivenFixture fixture) : SagaScenario
    {
        private string id = "";

        public override Saga Saga => fixture.Conductor.Host.Services.GetRequiredService<DeleteServerSaga>();

        public override Database Database => fixture.Conductor.Host.Services.GetRequiredService<Database>();

        public override async Task<string> EnqueueAsync(CancellationToken cancellationToken)
        {
            var services = fixture.Conductor.Host.Services;
            id = await fixture.CreateServerAsync("driven");
            var queue = services.GetRequiredService<ISagaQueue>();
            var create = (await queue.ListAsync(cancellationToken)).Single(s => s.Subject == id).Id;
            await SagaDriver.RunToEndAsync(services.GetRequiredService<CreateServerSaga>(), Database, create, null, cancellationToken);
            (await fixture.SendAsync("DELETE", $"/v2.1/servers/{id}", null)).Is(204);
            return (await queue.ListAsync(cancellationToken)).Single(s => s.Subject == id && s.Name == DeleteServerSaga.Type.Name).Id;
        }

        public override async Task AssertDoneAsync(CancellationToken cancellationToken)
        {
            (await fixture.GetAsync($"/v2.1/servers/{id}")).Is(404);
            Assert.DoesNotContain(fixture.Neighbours.Ports.Values, p => p["device_id"]!.GetValue<string>() == id);
            Assert.Equal(0, await fixture.CountAllocationsAsync(id));
            Assert.Equal(0, fixture.CountGuests(id));
        }

        public override Task AssertNothingLeftAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

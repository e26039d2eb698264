// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Identity.Trusts;
using Meridian.Platform.Storage;
using Meridian.Testing;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity.Tests.Manage;

/// <summary>keystone-manage trust_flush.</summary>
public sealed class TrustFlushCommandTests : IAsyncLifetime
{
    private static readonly DateTime Past = new(2020, 5, 17, 12, 0, 0, DateTimeKind.Utc);
    private KeystoneFixture keystone = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        keystone = await KeystoneFixture.StartAsync();
        await using var db = Open();
        foreach (var (id, project, trustor, trustee, expires) in new (string, string, string, string, DateTime?)[]
        {
            ("over-1", "p1", "a", "b", Past), ("over-2", "p2", "b", "a", Past.AddDays(2)), ("lives", "p1", "a", "b", new DateTime(2999, 1, 1, 0, 0, 0, DateTimeKind.Utc)), ("endless", "p1", "a", "b", null),
        })
        {
            await db.InsertAsync(new Trust { Id = id, ProjectId = project, TrustorUserId = trustor, TrusteeUserId = trustee, ExpiresAt = expires }, token: Cancellation);
            await db.InsertAsync(new TrustRole { TrustId = id, RoleId = "r" }, token: Cancellation);
        }
    }

    public ValueTask DisposeAsync() => keystone.DisposeAsync();

    [Theory]
    [InlineData("endless lives")]
    [InlineData("endless lives over-2", "--project-id", "p1")]
    [InlineData("endless lives over-1", "--trustor-user-id", "b")]
    [InlineData("endless lives over-2", "--trustee-user-id", "b")]
    [InlineData("endless lives over-2", "--date", "18-05-2020")]
    [InlineData("endless lives over-1 over-2", "--date", "17-05-2020")]
    [InlineData("endless lives over-1 over-2", "--trustor-user-id", "b", "--project-id", "p1")]
    public async Task What_expired_goes_with_its_roles_and_nothing_else(string left, params string[] arguments)
    {
        await keystone.ManageAsync(["trust_flush", .. arguments]);

        await using var db = Open();
        Assert.Equal(left, string.Join(' ', (await db.GetTable<Trust>().Select(t => t.Id).ToListAsync(Cancellation)).Order(StringComparer.Ordinal)));
        Assert.Equal(left, string.Join(' ', (await db.GetTable<TrustRole>().Select(r => r.TrustId).ToListAsync(Cancellation)).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task A_date_of_another_form_is_code_1() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => keystone.ManageAsync("trust_flush", "--date", "2020-05-17"));

    private LinqToDB.Data.DataConnection Open() => keystone.Service.Host.Services.GetRequiredService<Database>().Open();
}

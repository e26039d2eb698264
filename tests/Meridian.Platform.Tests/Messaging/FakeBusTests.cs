// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Messaging;

using Microsoft.Extensions.Logging.Abstractions;

namespace Meridian.Platform.Tests.Messaging;

public sealed class FakeBusTests : MessageBusContract
{
    private readonly FakeBroker broker = new();

    private protected override Task<IMessageBus> OpenAsync() =>
        Task.FromResult<IMessageBus>(new FakeBus(broker, TimeSpan.FromSeconds(20), TimeProvider.System, NullLogger<FakeBus>.Instance));

    private protected override Task SendRawAsync(byte[] body)
    {
        broker.Queue(Topic).Writer.TryWrite(new(body));
        return Task.CompletedTask;
    }
}

// SPDX-License-Identifier: Apache-2.0

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace Meridian.Compute.Drivers.Libvirt;

/// <summary>
/// libvirt's event loop, one thread a process, which must run before the first connection is opened: keep-alive and events of connections
/// opened earlier would never work. Callbacks come on that thread and do nothing but write to a channel.
/// </summary>
internal static unsafe class LibvirtEvents
{
    private static readonly Lazy<Thread> Loop = new(StartLoop);

    /// <summary>Starts the loop when it isn't running.</summary>
    public static void EnsureRunning() => _ = Loop.Value;

    /// <summary>Sends the connection's lifecycle events to the channel until the result is disposed.</summary>
    public static IDisposable Subscribe(LibvirtConnectHandle connection, ChannelWriter<GuestEvent> events)
    {
        var target = GCHandle.Alloc(events);
        var id = LibvirtNative.virConnectDomainEventRegisterAny(
            connection, 0, LibvirtNative.EventLifecycle, &OnLifecycle, GCHandle.ToIntPtr(target), 0);
        if (id < 0)
        {
            var error = LibvirtException.Last();
            target.Free();
            throw error;
        }

        return new Subscription(connection, id);
    }

    private static Thread StartLoop()
    {
        LibvirtException.ThrowIf(LibvirtNative.virInitialize() < 0);

        // Without a handler libvirt prints errors on standard error.
        LibvirtNative.virSetErrorFunc(0, &OnError);
        LibvirtException.ThrowIf(LibvirtNative.virEventRegisterDefaultImpl() < 0);
        var thread = new Thread(static () =>
        {
            while (LibvirtNative.virEventRunDefaultImpl() >= 0)
            {
                // Each round handles what is due and waits for more.
            }
        })
        { IsBackground = true, Name = "libvirt events" };
        thread.Start();
        return thread;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnError(nint data, nint error)
    {
        // Read by LibvirtException.Last in the call that failed.
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnLifecycle(nint connection, nint domain, int kind, int detail, nint data)
    {
        var id = stackalloc byte[37];
        if (LibvirtNative.virDomainGetUUIDString(domain, id) == 0 && GCHandle.FromIntPtr(data).Target is ChannelWriter<GuestEvent> events
            && Describe(kind, detail) is { } found)
        {
            events.TryWrite(new(Marshal.PtrToStringUTF8((nint)id)!, found.Power, found.Reason));
        }

        return 0;
    }

    /// <summary>virDomainEventType and its details, as far as they change what a server's power is.</summary>
    private static (PowerState Power, string Reason)? Describe(int kind, int detail) => (kind, detail) switch
    {
        (1, _) => (PowerState.NoState, "undefined"),
        (2, _) => (PowerState.Running, "started"),
        (3, 0) => (PowerState.Paused, "paused"),
        (3, _) => (PowerState.Paused, "suspended"),
        (4, _) => (PowerState.Running, "resumed"),
        (5, 0) => (PowerState.Shutdown, "shutdown"),
        (5, 1) => (PowerState.Shutdown, "destroyed"),
        (5, 2) => (PowerState.Crashed, "crashed"),
        (5, 5) => (PowerState.Shutdown, "failed"),
        (5, _) => (PowerState.Shutdown, "stopped"),
        (8, _) => (PowerState.Crashed, "crashed"),
        _ => null,
    };

    private sealed class Subscription(LibvirtConnectHandle connection, int id) : IDisposable
    {
        /// <summary>The channel's handle stays allocated: a callback may be running, and a connection is reopened rarely.</summary>
        public void Dispose()
        {
            if (!connection.IsClosed)
            {
                _ = LibvirtNative.virConnectDomainEventDeregisterAny(connection, id);
            }
        }
    }
}

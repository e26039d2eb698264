// SPDX-License-Identifier: Apache-2.0

using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Meridian.Compute.Drivers.Libvirt;

/// <summary>
/// One hypervisor, reconnected when it has to be. Calls block, so they run on a few threads of their own, each with a deadline; a call that
/// outlives it costs its connection, which is opened anew for the next one, while the stuck thread is left to end when it can.
/// </summary>
internal sealed class LibvirtConnection(string uri, ChannelWriter<GuestEvent> events, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan OpenDeadline = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim opening = new(1, 1);
    private LibvirtSession? current;

    public string Uri => uri;

    /// <summary>Runs the call on a thread where it may block. A connection found dead is opened again and the call repeated once: calls are idempotent.</summary>
    /// <exception cref="LibvirtException">The call failed; the error is the call's own.</exception>
    /// <exception cref="HypervisorException">There's no connection, or the call took longer than its deadline.</exception>
    public async Task<T> CallAsync<T>(Func<LibvirtConnectHandle, T> call, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var session = await GetSessionAsync(cancellationToken);
        try
        {
            return await RunAsync(session, () => call(session.Connection), deadline, cancellationToken);
        }
        catch (LibvirtException) when (!session.IsAlive)
        {
            Drop(session);
        }

        session = await GetSessionAsync(cancellationToken);
        return await RunAsync(session, () => call(session.Connection), deadline, cancellationToken);
    }

    public void Dispose()
    {
        Interlocked.Exchange(ref current, null)?.Dispose();
        opening.Dispose();
    }

    private async Task<T> RunAsync<T>(LibvirtSession session, Func<T> call, TimeSpan deadline, CancellationToken cancellationToken)
    {
        try
        {
            return await session.Run(call).WaitAsync(deadline, clock, cancellationToken);
        }
        catch (TimeoutException e)
        {
            Drop(session);
            throw new HypervisorException($"libvirt at {uri} did not answer within {deadline.TotalSeconds:0} s.", e);
        }
    }

    private async Task<LibvirtSession> GetSessionAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref current) is { } open)
        {
            return open;
        }

        await opening.WaitAsync(cancellationToken);
        try
        {
            if (current is null)
            {
                var session = new LibvirtSession();
                try
                {
                    await session.Run(() => session.Open(uri, events)).WaitAsync(OpenDeadline, clock, cancellationToken);
                }
                catch (Exception e)
                {
                    session.Dispose();
                    if (e is LibvirtException or TimeoutException or DllNotFoundException)
                    {
                        throw new HypervisorException($"Connection to the hypervisor is broken on host: {uri}: {e.Message}", e);
                    }

                    throw;
                }

                current = session;
            }

            return current;
        }
        finally
        {
            opening.Release();
        }
    }

    private void Drop(LibvirtSession session)
    {
        if (Interlocked.CompareExchange(ref current, null, session) == session)
        {
            session.Dispose();
        }
    }
}

/// <summary>A connection with the threads that call it.</summary>
internal sealed class LibvirtSession : IDisposable
{
    private const int Threads = 3;

    /// <summary>libvirt's RPC needs little; .NET's default of 8 MiB a thread is address space for nothing.</summary>
    private const int StackBytes = 512 * 1024;

    private readonly BlockingCollection<Action> calls = [];
    private LibvirtConnectHandle? connection;
    private IDisposable? subscription;
    private int disposed;

    public LibvirtSession()
    {
        for (var i = 0; i < Threads; i++)
        {
            new Thread(Work, StackBytes) { IsBackground = true, Name = $"libvirt {i}" }.Start();
        }
    }

    public LibvirtConnectHandle Connection => connection ?? throw new InvalidOperationException("The session isn't open.");

    public bool IsAlive => disposed == 0 && connection is { IsInvalid: false, IsClosed: false } open && LibvirtNative.virConnectIsAlive(open) == 1;

    /// <summary>Called on one of the session's threads.</summary>
    public bool Open(string uri, ChannelWriter<GuestEvent> events)
    {
        LibvirtEvents.EnsureRunning();
        var opened = new LibvirtConnectHandle(LibvirtNative.virConnectOpen(uri));
        LibvirtException.ThrowIf(opened.IsInvalid);
        connection = opened;

        // Local drivers (test:///) have no keep-alive: an error here is none.
        _ = LibvirtNative.virConnectSetKeepAlive(opened, 5, 3);
        subscription = LibvirtEvents.Subscribe(opened, events);
        return true;
    }

    public Task<T> Run<T>(Func<T> call)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            calls.Add(() =>
            {
                try
                {
                    result.SetResult(call());
                }
                catch (Exception e)
                {
                    result.SetException(e);
                }
            });
        }
        catch (InvalidOperationException)
        {
            result.SetException(new LibvirtException(LibvirtNative.ErrorSystem, "The connection was closed."));
        }

        return result.Task;
    }

    /// <summary>Lets the threads end after the calls they have begun; the last of them closes the connection.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            calls.Add(() =>
            {
                subscription?.Dispose();
                connection?.Dispose();
            });
            calls.CompleteAdding();
        }
    }

    private void Work()
    {
        foreach (var call in calls.GetConsumingEnumerable())
        {
            call();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Meridian.Host.Programs;

/// <summary>The process's signals, which only the host handles (DESIGN 2): SIGTERM and SIGINT stop, SIGHUP re-reads what may change.</summary>
internal sealed class Signals : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly List<PosixSignalRegistration> registrations = [];
    private readonly List<Action> reload = [];

    public Signals()
    {
        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop));
        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop));
        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            reload.ForEach(action => action());
        }));
    }

    /// <summary>Cancelled by the first SIGTERM or SIGINT.</summary>
    public CancellationToken Stopping => stop.Token;

    /// <summary>Adds what SIGHUP does. Before the programs start only.</summary>
    public void OnReload(Action action) => reload.Add(action);

    public void Dispose()
    {
        registrations.ForEach(registration => registration.Dispose());
        stop.Dispose();
    }

    // A second signal ends the process at once: that is safe at any moment, and the user may know better.
    private void Stop(PosixSignalContext context)
    {
        context.Cancel = !stop.IsCancellationRequested;
        stop.Cancel();
    }
}

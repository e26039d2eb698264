// SPDX-License-Identifier: Apache-2.0

using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Meridian.Platform.Native;

/// <summary>Does work inside another network namespace. What is opened there (a socket) belongs to it for good and can be used from anywhere.</summary>
public static class NetworkNamespace
{
    private const int NetworkType = 0x40000000;
    private const int ReadOnlyCloseOnExec = 0x80000;

    /// <summary>Where <c>ip netns</c> keeps its names.</summary>
    public static string PathOf(string name) => $"/run/netns/{name}";

    public static bool Exists(string name) => File.Exists(PathOf(name));

    /// <summary>Runs the work on a thread of its own, which ends afterwards: setns(2) changes the calling thread only, and no pool thread may be left elsewhere.</summary>
    /// <exception cref="Win32Exception">There is no such namespace, or the process lacks CAP_SYS_ADMIN.</exception>
    public static Task<T> RunAsync<T>(string name, Func<T> work)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                Enter(name);
                result.SetResult(work());
            }
            catch (Exception error)
            {
                result.SetException(error);
            }
        })
        { IsBackground = true, Name = $"netns {name}" };
        thread.Start();
        return result.Task;
    }

    private static void Enter(string name)
    {
        var descriptor = Open(PathOf(name), ReadOnlyCloseOnExec);
        if (descriptor < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"network namespace {name}: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        try
        {
            if (SetNamespace(descriptor, NetworkType) != 0)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError(), $"network namespace {name}: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static extern int SetNamespace(int descriptor, int type);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int descriptor);
}

// SPDX-License-Identifier: Apache-2.0

using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Meridian.Platform.Native;

/// <summary>An open folder, by which a unix socket with a path longer than sockaddr_un allows can be reached while it is held.</summary>
public sealed class DirectoryHandle : IDisposable
{
    private const int PathOnlyDirectoryCloseOnExec = 0x200000 | 0x10000 | 0x80000;
    private int descriptor;

    /// <exception cref="Win32Exception">There is no such folder.</exception>
    public DirectoryHandle(string folder)
    {
        descriptor = Open(folder, PathOnlyDirectoryCloseOnExec);
        if (descriptor < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{folder}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>A short path to the same folder.</summary>
    public string Path => $"/proc/self/fd/{descriptor}";

    public void Dispose()
    {
        if (Interlocked.Exchange(ref descriptor, -1) is var open and >= 0)
        {
            _ = Close(open);
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int descriptor);
}

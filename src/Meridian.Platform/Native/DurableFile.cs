// SPDX-License-Identifier: Apache-2.0
using System.ComponentModel;
using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

namespace Meridian.Platform.Native;

/// <summary>What .NET does not offer for files that must survive a power cut.</summary>
public static class DurableFile
{
    private const int ReadDirectoryCloseOnExec = 0x10000 | 0x80000;
    private const uint StartWriting = 2;

    /// <summary>Lets the kernel begin to write that part, without waiting: so that a flush at the end finds little left. A hint: failures do not matter.</summary>
    public static void StartWriteback(SafeFileHandle file, long offset, long length)
    {
        var held = false;
        try
        {
            file.DangerousAddRef(ref held);
            _ = SyncFileRange((int)file.DangerousGetHandle(), offset, length, StartWriting);
        }
        finally
        {
            if (held)
            {
                file.DangerousRelease();
            }
        }
    }

    /// <summary>Makes names made, changed or removed in a folder durable.</summary>
    /// <exception cref="IOException">The folder could not be written.</exception>
    public static void FlushFolder(string folder)
    {
        var descriptor = Open(folder, ReadDirectoryCloseOnExec);
        if (descriptor < 0)
        {
            throw Failed(folder);
        }

        try
        {
            if (Sync(descriptor) < 0)
            {
                throw Failed(folder);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failed(string folder) => new($"{folder}: {Marshal.GetLastPInvokeErrorMessage()}", new Win32Exception(Marshal.GetLastPInvokeError()));

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int Sync(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int descriptor);

    [DllImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    private static extern int SyncFileRange(int descriptor, long offset, long length, uint flags);
}

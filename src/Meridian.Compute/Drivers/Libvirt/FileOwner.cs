// SPDX-License-Identifier: Apache-2.0

using System.Runtime.InteropServices;

namespace Meridian.Compute.Drivers.Libvirt;

/// <summary>chown(2), which .NET doesn't have.</summary>
internal static class FileOwner
{
    /// <summary>Changes the file itself, never what a link points to.</summary>
    public static void Change(string file, int user, int group)
    {
        if (LinkChown(file, user, group) != 0)
        {
            throw new IOException($"{file}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [DllImport("libc", EntryPoint = "lchown", SetLastError = true)]
    private static extern int LinkChown([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int user, int group);
}

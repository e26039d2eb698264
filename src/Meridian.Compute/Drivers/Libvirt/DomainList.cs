// SPDX-License-Identifier: Apache-2.0

using System.Runtime.InteropServices;

namespace Meridian.Compute.Drivers.Libvirt;

/// <summary>All domains of a connection.</summary>
internal static unsafe class DomainList
{
    /// <summary>Reads each domain; null results are left out, as are domains that vanish meanwhile.</summary>
    public static IReadOnlyList<T> Read<T>(LibvirtConnectHandle connection, Func<string, LibvirtDomainHandle, T?> read)
        where T : class
    {
        var count = LibvirtNative.virConnectListAllDomains(connection, out var domains, 0);
        LibvirtException.ThrowIf(count < 0);
        var found = new List<T>(count);
        try
        {
            var text = stackalloc byte[37];
            for (var i = 0; i < count; i++)
            {
                using var domain = new LibvirtDomainHandle(domains[i]);
                LibvirtException.ThrowIf(LibvirtNative.virDomainGetUUIDString(domain.Value, text) < 0);
                try
                {
                    if (read(Marshal.PtrToStringUTF8((nint)text)!, domain) is { } item)
                    {
                        found.Add(item);
                    }
                }
                catch (LibvirtException e) when (e.Code == LibvirtNative.ErrorNoDomain)
                {
                    // Undefined since the list was made.
                }
            }
        }
        finally
        {
            LibvirtNative.free((nint)domains);
        }

        return found;
    }
}

// SPDX-License-Identifier: Apache-2.0

using System.Runtime.InteropServices;

namespace Meridian.Compute.Drivers.Libvirt;

/// <summary>libvirt's C API, the part that is used. Source: libvirt.org/html, modules libvirt-host, -domain, -event and virterror.</summary>
/// <remarks>Errors are kept by libvirt a thread: <see cref="LibvirtException.Last"/> must be made in the same synchronous call.</remarks>
internal static unsafe class LibvirtNative
{
    private const string Library = "libvirt.so.0";

    // virErrorNumber
    public const int ErrorSystem = 38;
    public const int ErrorNoDomain = 42;
    public const int ErrorOperationInvalid = 55;
    public const int ErrorNoMetadata = 80;

    // virDomainState
    public const int DomainRunning = 1;
    public const int DomainBlocked = 2;
    public const int DomainPaused = 3;
    public const int DomainShuttingDown = 4;
    public const int DomainShutOff = 5;
    public const int DomainCrashed = 6;
    public const int DomainSuspended = 7;

    public const int MetadataElement = 2;
    public const int EventLifecycle = 0;

    /// <summary>MANAGED_SAVE, SNAPSHOTS_METADATA, NVRAM, CHECKPOINTS_METADATA: nothing of the guest stays.</summary>
    public const uint UndefineEverything = 1 | 2 | 4 | 16;

    [StructLayout(LayoutKind.Sequential)]
    public struct NodeInfo
    {
        public fixed byte Model[32];
        public CULong MemoryKib;
        public uint Cpus;
        public uint Mhz;
        public uint Nodes;
        public uint Sockets;
        public uint Cores;
        public uint Threads;
    }

    [DllImport(Library)]
    public static extern int virInitialize();

    [DllImport(Library)]
    public static extern int virGetLastErrorCode();

    [DllImport(Library)]
    public static extern nint virGetLastErrorMessage();

    [DllImport(Library)]
    public static extern void virResetLastError();

    [DllImport(Library)]
    public static extern void virSetErrorFunc(nint data, delegate* unmanaged[Cdecl]<nint, nint, void> handler);

    [DllImport(Library)]
    public static extern int virEventRegisterDefaultImpl();

    [DllImport(Library)]
    public static extern int virEventRunDefaultImpl();

    [DllImport(Library)]
    public static extern nint virConnectOpen([MarshalAs(UnmanagedType.LPUTF8Str)] string uri);

    [DllImport(Library)]
    public static extern int virConnectClose(nint connection);

    [DllImport(Library)]
    public static extern int virConnectIsAlive(LibvirtConnectHandle connection);

    [DllImport(Library)]
    public static extern int virConnectSetKeepAlive(LibvirtConnectHandle connection, int seconds, uint count);

    [DllImport(Library)]
    public static extern int virConnectGetVersion(LibvirtConnectHandle connection, out CULong version);

    [DllImport(Library)]
    public static extern nint virConnectGetHostname(LibvirtConnectHandle connection);

    [DllImport(Library)]
    public static extern nint virConnectGetCapabilities(LibvirtConnectHandle connection);

    [DllImport(Library)]
    public static extern int virNodeGetInfo(LibvirtConnectHandle connection, out NodeInfo info);

    [DllImport(Library)]
    public static extern ulong virNodeGetFreeMemory(LibvirtConnectHandle connection);

    [DllImport(Library)]
    public static extern int virConnectListAllDomains(LibvirtConnectHandle connection, out nint* domains, uint flags);

    [DllImport(Library)]
    public static extern int virConnectDomainEventRegisterAny(
        LibvirtConnectHandle connection, nint domain, int id, delegate* unmanaged[Cdecl]<nint, nint, int, int, nint, int> callback, nint data, nint free);

    [DllImport(Library)]
    public static extern int virConnectDomainEventDeregisterAny(LibvirtConnectHandle connection, int callback);

    [DllImport(Library)]
    public static extern LibvirtDomainHandle virDomainLookupByUUIDString(LibvirtConnectHandle connection, [MarshalAs(UnmanagedType.LPUTF8Str)] string uuid);

    [DllImport(Library)]
    public static extern LibvirtDomainHandle virDomainDefineXMLFlags(
        LibvirtConnectHandle connection, [MarshalAs(UnmanagedType.LPUTF8Str)] string xml, uint flags);

    [DllImport(Library)]
    public static extern int virDomainFree(nint domain);

    [DllImport(Library)]
    public static extern int virDomainGetUUIDString(nint domain, byte* text);

    [DllImport(Library)]
    public static extern nint virDomainGetName(LibvirtDomainHandle domain);

    [DllImport(Library)]
    public static extern int virDomainGetState(LibvirtDomainHandle domain, out int state, out int reason, uint flags);

    [DllImport(Library)]
    public static extern nint virDomainGetXMLDesc(LibvirtDomainHandle domain, uint flags);

    [DllImport(Library)]
    public static extern nint virDomainGetMetadata(
        LibvirtDomainHandle domain, int type, [MarshalAs(UnmanagedType.LPUTF8Str)] string uri, uint flags);

    [DllImport(Library)]
    public static extern int virDomainCreateWithFlags(LibvirtDomainHandle domain, uint flags);

    [DllImport(Library)]
    public static extern int virDomainDestroyFlags(LibvirtDomainHandle domain, uint flags);

    [DllImport(Library)]
    public static extern int virDomainUndefineFlags(LibvirtDomainHandle domain, uint flags);

    [DllImport(Library)]
    public static extern int virDomainShutdownFlags(LibvirtDomainHandle domain, uint flags);

    [DllImport(Library)]
    public static extern int virDomainSuspend(LibvirtDomainHandle domain);

    [DllImport(Library)]
    public static extern int virDomainResume(LibvirtDomainHandle domain);

    [DllImport("libc")]
    public static extern void free(nint memory);

    /// <summary>Copies a text that libvirt allocated for the caller, and frees it.</summary>
    /// <exception cref="LibvirtException">The text is null: the call failed.</exception>
    public static string Take(nint text)
    {
        LibvirtException.ThrowIf(text == 0);
        try
        {
            return Marshal.PtrToStringUTF8(text)!;
        }
        finally
        {
            free(text);
        }
    }
}

/// <summary>A connection's reference; libvirt closes it with the last one.</summary>
internal sealed class LibvirtConnectHandle() : SafeHandle(0, ownsHandle: true)
{
    public LibvirtConnectHandle(nint value)
        : this() => SetHandle(value);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => LibvirtNative.virConnectClose(handle) >= 0;
}

/// <summary>A domain's reference, which keeps its connection alive inside libvirt.</summary>
internal sealed class LibvirtDomainHandle() : SafeHandle(0, ownsHandle: true)
{
    public LibvirtDomainHandle(nint value)
        : this() => SetHandle(value);

    public override bool IsInvalid => handle == 0;

    public nint Value => handle;

    protected override bool ReleaseHandle() => LibvirtNative.virDomainFree(handle) >= 0;
}

/// <summary>What libvirt said about the call that failed.</summary>
internal sealed class LibvirtException(int code, string message) : Exception(message)
{
    public int Code { get; } = code;

    /// <summary>The last error of this thread: to be called before anything else that may call libvirt.</summary>
    public static LibvirtException Last()
    {
        var code = LibvirtNative.virGetLastErrorCode();
        var text = Marshal.PtrToStringUTF8(LibvirtNative.virGetLastErrorMessage());
        return new(code, text ?? $"libvirt error {code}");
    }

    public static void ThrowIf(bool failed)
    {
        if (failed)
        {
            throw Last();
        }
    }
}

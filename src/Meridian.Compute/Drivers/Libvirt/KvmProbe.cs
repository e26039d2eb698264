// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Processes;

namespace Meridian.Compute.Drivers.Libvirt;

/// <summary>
/// Whether KVM runs guests here. /dev/kvm alone does not say so: inside some virtual machines it is there, but emulates what firmware and boot loaders
/// do, slower than QEMU without it and not to the end. So a guest of one sector is booted.
/// </summary>
public static class KvmProbe
{
    private const string Device = "/dev/kvm";
    private const string Qemu = "qemu-system-x86_64";
    private const byte Word = 0x2a;
    private const int SectorBytes = 512;

    /// <summary>QEMU's isa-debug-exit ends with the word that the guest wrote, times two and one more.</summary>
    private const int Success = (Word << 1) | 1;

    /// <summary>Of processor time, so that a busy machine does not look like a broken one. With real KVM the firmware needs a tenth of it.</summary>
    private const int CpuSeconds = 2;

    /// <summary>mov dx,0xf4; mov al,Word; out dx,al; hlt; jmp to the hlt.</summary>
    private static ReadOnlySpan<byte> BootCode => [0xba, 0xf4, 0x00, 0xb0, Word, 0xee, 0xf4, 0xeb, 0xfd];

    public static bool HasDevice => File.Exists(Device);

    /// <returns>Null when a guest runs with KVM; otherwise why none does.</returns>
    public static async Task<string?> FindFaultAsync(CancellationToken cancellationToken) =>
        HasDevice ? await BootAsync("kvm", cancellationToken) : $"there is no {Device}";

    /// <param name="accelerator">What QEMU calls it: kvm; or tcg, which always works.</param>
    internal static async Task<string?> BootAsync(string accelerator, CancellationToken cancellationToken)
    {
        var disk = Path.Combine(Path.GetTempPath(), $"meridian-kvm-{Guid.NewGuid():N}.img");
        try
        {
            await File.WriteAllBytesAsync(disk, BootSector(), cancellationToken);
            await ProcessRunner.RunAsync(
                Qemu,
                [
                    "-accel", accelerator, "-machine", "pc", "-m", "32", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                    "-device", "isa-debug-exit,iobase=0xf4,iosize=1", "-drive", $"file={disk},format=raw,if=ide",
                ],
                new ProcessOptions { Timeout = TimeSpan.FromSeconds(30), CpuSeconds = CpuSeconds, SuccessCodes = [Success] }, cancellationToken);
            return null;
        }
        catch (ProcessException exception)
        {
            return exception.ExitCode is > 128 ? $"a guest of one sector takes more than {CpuSeconds} s of processor time to boot with it" : exception.Message;
        }
        finally
        {
            File.Delete(disk);
        }
    }

    private static byte[] BootSector()
    {
        var sector = new byte[SectorBytes];
        BootCode.CopyTo(sector);
        sector[^2] = 0x55;
        sector[^1] = 0xaa;
        return sector;
    }
}

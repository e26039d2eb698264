// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Manage;

/// <summary>An option of a command of keystone-manage.</summary>
/// <param name="Name">With its dashes.</param>
/// <param name="Metavar">What its value is called in help; null for a flag.</param>
/// <param name="Choices">The values that it takes; any when null.</param>
/// <param name="Exclusive">True for one of those of which a command line holds one at most.</param>
internal sealed record ManageOption(
    string Name, string? Metavar, string Help, bool Required = false, IReadOnlyList<string>? Choices = null, bool Exclusive = false)
{
    public bool IsFlag => Metavar is null;
}

/// <summary>A command of keystone-manage. A new one is a static member of this type, listed in <see cref="KeystoneManage.Commands"/>.</summary>
/// <param name="Positional">Name of the one argument without dashes that it takes; null for none.</param>
/// <param name="Run">Returns the exit code.</param>
internal sealed record ManageCommand(
    string Name, string Help, IReadOnlyList<ManageOption> Options, Func<ManageContext, CancellationToken, Task<int>> Run, string? Positional = null);

/// <summary>Ends keystone-manage with code 1 and these words on the error stream.</summary>
internal sealed class ManageExitException(string message) : Exception(message);

// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;

namespace Meridian.Host.State;

/// <summary>Passwords that <c>up</c> makes: random, kept in the state directory with mode 0600, never in a process's arguments (DESIGN 25).</summary>
internal sealed class Secrets
{
    /// <summary>Users of project `service`, one a program; region-wide, as OpenStack's manuals have it.</summary>
    public static readonly IReadOnlyList<string> ServiceUsers = ["glance", "neutron", "nova", "placement"];

    private readonly Dictionary<string, string> values;

    private Secrets(Dictionary<string, string> values)
    {
        this.values = values;
    }

    public string this[string name] => values[name];

    public string Admin => values["admin"];

    public string Demo => values["demo"];

    /// <summary>Key of the HMAC between the metadata agent and nova's metadata API.</summary>
    public string Metadata => values["metadata"];

    public static Secrets Ensure(StateDirectory state)
    {
        var values = state.ReadMap(state.SecretsFile);
        var missing = ServiceUsers.Concat(["admin", "demo", "metadata"]).Where(name => !values.ContainsKey(name)).ToList();
        foreach (var name in missing)
        {
            values[name] = RandomNumberGenerator.GetHexString(32, lowercase: true);
        }

        if (missing.Count > 0)
        {
            state.SaveMap(state.SecretsFile, values);
        }

        return new(values);
    }
}

// SPDX-License-Identifier: Apache-2.0
using Meridian.Host.State;

namespace Meridian.Host.Output;

/// <summary>The last lines of <c>up</c>: where everything is, and three commands to try.</summary>
internal static class Summary
{
    public static void Print(CloudPlan cloud, StateDirectory state, Secrets secrets, Steps steps, bool complete)
    {
        var files = new CredentialFiles(cloud, state, secrets);
        var text = new StringWriter();
        text.WriteLine();
        foreach (var region in cloud.Regions)
        {
            text.WriteLine($"{region.Name}{(cloud.Simulated ? " (simulated)" : "")}");
            text.WriteLine($"  identity {cloud.KeystoneUrl}   image {region.Url(9292)}   compute {region.Url(8774, "/v2.1")}");
            text.WriteLine($"  placement {region.Url(8778)}   network {region.Url(9696)}");
            text.WriteLine($"  {Show(files.OpenrcOf("admin", region))}   {Show(files.OpenrcOf("demo", region))}");
        }

        text.WriteLine($"{Show(files.CloudsYaml)}: clouds {string.Join(", ", cloud.Regions.Select(r => $"{CredentialFiles.CloudName(r)}, {CredentialFiles.CloudName(r)}-admin"))}");
        if (!complete)
        {
            text.WriteLine("Not everything is there: see above, and `meridian status`.");
        }

        text.WriteLine();
        text.WriteLine("Try:");
        text.WriteLine($"  . {Show(files.OpenrcOf("demo", cloud.Identity))}");
        text.WriteLine("  openstack server create --image meridian-guest --flavor m1.nano --network private --wait first");
        text.Write($"  openstack --os-region-name {cloud.Regions[^1].Name} server list");
        steps.Say(text.ToString());
    }

    /// <summary>A path as the user would type it here.</summary>
    private static string Show(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }
}

// SPDX-License-Identifier: Apache-2.0
using System.Text;

using Meridian.Host.State;

namespace Meridian.Host.Output;

/// <summary>What clients read: an openrc for each region and user, and one clouds.yaml. Source: python-openstackclient, openstacksdk's configuration.</summary>
internal sealed class CredentialFiles(CloudPlan cloud, StateDirectory state, Secrets secrets)
{
    public string CloudsYaml => state.FileAt("clouds.yaml");

    public void Write()
    {
        var clouds = new StringBuilder("# Written by `meridian up`. Use it with OS_CLIENT_CONFIG_FILE, or copy it to ~/.config/openstack/.\nclouds:\n");
        foreach (var region in cloud.Regions)
        {
            Rewrite(OpenrcOf("admin", region), Openrc(region, "admin", secrets.Admin, "admin"));
            Rewrite(OpenrcOf("demo", region), Openrc(region, "demo", secrets.Demo, "demo"));
            clouds.Append(Cloud(CloudName(region), region, "demo", secrets.Demo, "demo"));
            clouds.Append(Cloud(CloudName(region) + "-admin", region, "admin", secrets.Admin, "admin"));
        }

        Rewrite(CloudsYaml, clouds.ToString());
    }

    /// <summary>meridian-one for RegionOne.</summary>
    public static string CloudName(RegionPlan region) =>
        "meridian-" + (region.Name.StartsWith("Region", StringComparison.Ordinal) ? region.Name["Region".Length..] : region.Name).ToLowerInvariant();

    public string OpenrcOf(string user, RegionPlan region) => state.FileAt($"{user}-openrc-{region.Name}");

    private string Openrc(RegionPlan region, string user, string password, string project) => $"""
        # Written by `meridian up`: . {Path.GetFileName(OpenrcOf(user, region))}
        unset $(env | sed -n 's/^\(OS_[A-Z_]*\)=.*/\1/p')
        export OS_AUTH_TYPE=password
        export OS_AUTH_URL={cloud.KeystoneUrl}
        export OS_IDENTITY_API_VERSION=3
        export OS_IMAGE_API_VERSION=2
        export OS_USERNAME={user}
        export OS_PASSWORD={password}
        export OS_USER_DOMAIN_NAME=Default
        export OS_PROJECT_NAME={project}
        export OS_PROJECT_DOMAIN_NAME=Default
        export OS_REGION_NAME={region.Name}

        """;

    private string Cloud(string name, RegionPlan region, string user, string password, string project) => $"""
          {name}:
            region_name: {region.Name}
            identity_api_version: 3
            auth:
              auth_url: {cloud.KeystoneUrl}
              username: {user}
              password: {password}
              user_domain_name: Default
              project_name: {project}
              project_domain_name: Default

        """;

    private static void Rewrite(string file, string text)
    {
        if (!File.Exists(file) || File.ReadAllText(file) != text)
        {
            StateDirectory.Write(file, text);
        }
    }
}

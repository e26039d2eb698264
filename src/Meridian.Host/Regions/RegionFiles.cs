// SPDX-License-Identifier: Apache-2.0
using Meridian.Host.Engines;
using Meridian.Host.State;

namespace Meridian.Host.Regions;

/// <summary>
/// The configuration files of a region, in OpenStack's own format and with its options, as an operator would write them for this region
/// (reference/openstack-multi-region.md): what a newcomer runs is what an operator deploys (DESIGN 4).
/// </summary>
/// <param name="engines">Null where the cloud is simulated.</param>
/// <param name="virtType">[libvirt] virt_type: kvm or qemu.</param>
internal sealed class RegionFiles(CloudPlan cloud, RegionPlan region, StateDirectory state, Secrets secrets, RegionEngines? engines, string virtType)
{
    private readonly string lib = state.Lib(region.Name);

    /// <summary>File name to text.</summary>
    public IReadOnlyList<(string Name, string Text)> All =>
    [
        .. region.HasIdentity ? [("keystone.conf", Keystone())] : Array.Empty<(string, string)>(),
        ("glance-api.conf", Glance()),
        ("placement.conf", Placement()),
        ("neutron.conf", Neutron()),
        ("nova.conf", Nova()),
    ];

    private string Keystone()
    {
        var text = Begin("Keystone: one for all regions.")
            .Section("DEFAULT")
            .Set("public_bind_host", region.Address)
            .Set("log_dir", state.Log(region.Name));
        Database(text, "database", "keystone");
        text.Section("fernet_tokens").Set("key_repository", Path.Combine(lib, "fernet-keys"))
            .Section("fernet_receipts").Set("key_repository", Path.Combine(lib, "fernet-keys"))
            .Section("credential").Set("key_repository", Path.Combine(lib, "credential-keys"))
            .Section("token").Set("provider", "fernet");
        return text.ToString();
    }

    private string Glance()
    {
        var text = Begin("Images of " + region.Name + ".")
            .Section("DEFAULT")
            .Set("bind_host", region.Address)
            .Set("log_dir", state.Log(region.Name))
            .Set("show_image_direct_url", "True");
        Database(text, "database", "glance");
        text.Section("glance_store")
            .Set("stores", "file,http")
            .Set("default_store", "file")
            .Set("filesystem_store_datadir", Path.Combine(lib, "images"));
        KeystoneAuthtoken(text, "glance");
        text.Section("paste_deploy").Set("flavor", "keystone");
        return text.ToString();
    }

    private string Placement()
    {
        var text = Begin("Resource providers and allocations of " + region.Name + ".")
            .Section("DEFAULT")
            .Set("bind_host", region.Address)
            .Set("log_dir", state.Log(region.Name));
        Database(text, "placement_database", "placement");
        KeystoneAuthtoken(text, "placement");
        return text.ToString();
    }

    private string Neutron()
    {
        var text = Begin("Networks of " + region.Name + ".")
            .Section("DEFAULT")
            .Set("bind_host", region.Address)
            .Set("log_dir", state.Log(region.Name))
            .Set("state_path", Path.Combine(lib, "neutron"))
            .Set("core_plugin", "ml2")
            .Set("service_plugins", cloud.Simulated ? "router" : "ovn-router")
            .Set("transport_url", "fake:///" + region.Name)
            .Set("auth_strategy", "keystone")
            .Set("notify_nova_on_port_status_changes", "true")
            .Set("notify_nova_on_port_data_changes", "true")
            .Set("nova_metadata_host", region.Address)
            .Set("metadata_proxy_shared_secret", secrets.Metadata)
            .Section("ml2")
            .Set("mechanism_drivers", cloud.Simulated ? "simulated" : "ovn")
            .Set("type_drivers", "geneve,vlan,flat")
            .Set("project_network_types", "geneve")
            .Set("extension_drivers", "port_security")
            .Section("ml2_type_geneve").Set("vni_ranges", "1:65535").Set("max_header_size", "38")
            .Section("ml2_type_flat").Set("flat_networks", RegionEngines.PhysicalNetwork);
        if (engines is not null)
        {
            text.Section("ovn")
                .Set("ovn_nb_connection", engines.Ovn.Northbound)
                .Set("ovn_sb_connection", engines.Ovn.Southbound)
                .Set("ovn_metadata_enabled", "true")
                .Section("ovs").Set("ovsdb_connection", engines.Ovn.Switch).Set("network_namespace", engines.Ovn.Settings.Namespace);
        }

        Database(text, "database", "neutron");
        KeystoneAuthtoken(text, "neutron");
        Neighbour(text, "nova", "nova");
        return text.ToString();
    }

    private string Nova()
    {
        var text = Begin("Servers of " + region.Name + ".")
            .Section("DEFAULT")
            .Set("my_ip", region.Address)
            .Set("host", region.HostName)
            .Set("osapi_compute_listen", region.Address)
            .Set("metadata_listen", region.Address)
            .Set("metadata_listen_port", "8775")
            .Set("transport_url", "fake:///" + region.Name)
            .Set("log_dir", state.Log(region.Name))
            .Set("state_path", Path.Combine(lib, "nova"))
            .Set("instances_path", Path.Combine(lib, "instances"))
            .Set("compute_driver", cloud.Simulated ? "simulated" : "libvirt.LibvirtDriver");
        Database(text, "database", "nova");
        Login(text.Section("glance"), "nova").Set("region_name", region.Name);
        KeystoneAuthtoken(text, "nova");
        if (engines is not null)
        {
            text.Section("libvirt")
                .Set("virt_type", virtType)
                .Set("connection_uri", engines.LibvirtUri)
                .Section("os_vif_ovs").Set("ovsdb_connection", engines.Ovn.Switch).Set("network_namespace", engines.Ovn.Settings.Namespace);
        }

        Neighbour(text, "neutron", "neutron")
            .Set("service_metadata_proxy", "true")
            .Set("metadata_proxy_shared_secret", secrets.Metadata);
        Neighbour(text, "placement", "placement");
        text.Section("vnc").Set("enabled", "true").Set("server_listen", region.Address);
        return text.ToString();
    }

    private static IniText Begin(string what) => new(what, "Written by `meridian up`, which leaves it alone once it is changed by hand.");

    private void Database(IniText text, string section, string name)
    {
        text.Section(section).Set("connection", "sqlite:///" + Path.Combine(lib, name + ".db"));
        if (cloud.Simulated)
        {
            (section == "database" ? text : text.Section("database")).Set("sqlite_synchronous_mode", "NORMAL");
        }
    }

    private void KeystoneAuthtoken(IniText text, string user)
    {
        text.Section("keystone_authtoken")
            .Set("region_name", region.Name)
            .Set("www_authenticate_uri", cloud.Identity.Url(5000));
        Login(text, user);
    }

    /// <summary>The section with which a service finds another one of its region.</summary>
    private IniText Neighbour(IniText text, string section, string user) => Login(text.Section(section).Set("region_name", region.Name), user);

    private IniText Login(IniText text, string user) => text
        .Set("auth_url", cloud.Identity.Url(5000))
        .Set("auth_type", "password")
        .Set("project_domain_name", "Default")
        .Set("user_domain_name", "Default")
        .Set("project_name", "service")
        .Set("username", user)
        .Set("password", secrets[user]);
}

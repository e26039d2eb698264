// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Network.Api;
using Meridian.Platform.Http;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Network.Extensions;

/// <summary>/, /v2.0/ and /extensions: what this service truly serves, by neutron's aliases.</summary>
internal static class ExtensionEndpoints
{
    private static readonly (string Alias, string Name, string Description, string Updated)[] Served =
    [
        ("agent", "agent", "The agent management extension.", "2013-02-03T10:00:00-00:00"),
        ("allowed-address-pairs", "Allowed Address Pairs", "Provides allowed address pairs", "2013-07-23T10:00:00-00:00"),
        ("availability_zone", "Availability Zone", "The availability zone extension.", "2015-01-01T10:00:00-00:00"),
        ("binding", "Port Binding", "Expose port bindings of a virtual port to external application", "2014-02-03T10:00:00-00:00"),
        ("empty-string-filtering", "Empty String Filtering Extension", "Allow filtering by attributes with empty string value", "2018-04-09T10:00:00-00:00"),
        ("ext-gw-mode", "Neutron L3 Configurable external gateway mode", "Extension of the router abstraction for specifying whether SNAT should occur on the external gateway", "2013-03-28T10:00:00-00:00"),
        ("external-net", "Neutron external network", "Adds external network attribute to network resource.", "2013-01-14T10:00:00-00:00"),
        ("extra_dhcp_opt", "Neutron Extra DHCP options", "Extra options configuration for DHCP.", "2013-03-17T12:00:00-00:00"),
        ("extraroute", "Neutron Extra Route", "Extra routes configuration for L3 router", "2013-02-01T10:00:00-00:00"),
        ("extraroute-atomic", "Atomically add/remove extra routes", "Edit extra routes of a router on server side by atomically adding/removing extra routes", "2019-07-10T00:00:00+00:00"),
        ("filter-validation", "Filter parameters validation", "Provides validation on filter parameters.", "2018-03-21T10:00:00-00:00"),
        ("fip-port-details", "Floating IP Port Details Extension", "Add port_details attribute to Floating IP resource", "2018-04-09T10:00:00-00:00"),
        ("ip-substring-filtering", "IP address substring filtering", "Provides IP address substring filtering when listing ports", "2017-11-28T09:00:00-00:00"),
        ("net-mtu", "Network MTU", "Provides MTU attribute for a network resource.", "2015-03-25T10:00:00-00:00"),
        ("net-mtu-writable", "Network MTU (writable)", "Provides a writable MTU attribute for a network resource.", "2017-07-12T00:00:00-00:00"),
        ("network-ip-availability", "Network IP Availability", "Provides IP availability data for each network and subnet.", "2015-09-24T00:00:00-00:00"),
        ("pagination", "Pagination support", "Extension that indicates that pagination is enabled.", "2016-06-12T00:00:00-00:00"),
        ("port-mac-address-regenerate", "Neutron Port MAC address regenerate", "Network port MAC address regenerate", "2018-05-03T10:00:00-00:00"),
        ("port-security", "Port Security", "Provides port security", "2012-07-23T10:00:00-00:00"),
        ("port-security-groups-filtering", "Port filtering on security groups", "Provides security groups filtering when listing ports", "2018-01-09T09:00:00-00:00"),
        ("project-id", "project_id field enabled", "Extension that indicates that project_id field is enabled.", "2016-09-09T09:09:09-09:09"),
        ("provider", "Provider Network", "Expose mapping of virtual networks to physical networks", "2012-09-07T10:00:00-00:00"),
        ("quotas", "Quota management support", "Expose functions for quotas management per project", "2012-07-29T10:00:00-00:00"),
        ("quota_details", "Quota details management support", "Expose functions for quotas usage statistics per project", "2017-02-10T10:00:00-00:00"),
        ("revision-if-match", "If-Match constraints based on revision_number", "Extension indicating that If-Match based on revision_number is supported.", "2016-12-11T00:00:00-00:00"),
        ("router", "Neutron L3 Router", "Router abstraction for basic L3 forwarding between L2 Neutron networks and access to external networks via a NAT gateway.", "2012-07-20T10:00:00-00:00"),
        ("security-group", "security-group", "The security groups extension.", "2012-10-05T10:00:00-00:00"),
        ("security-groups-normalized-cidr", "Normalized CIDR field for security group rules", "Add new field with normalized remote_ip_prefix cidr in SG rule", "2019-09-01T10:00:00-00:00"),
        ("service-type", "Neutron Service Type Management", "API for retrieving service providers for Neutron advanced services", "2013-01-20T00:00:00-00:00"),
        ("sorting", "Sorting support", "Extension that indicates that sorting is enabled.", "2016-06-12T00:00:00-00:00"),
        ("standard-attr-description", "standard-attr-description", "Extension to add descriptions to standard attributes", "2016-02-10T10:00:00-00:00"),
        ("standard-attr-revisions", "Resource revision numbers", "This extension will display the revision number of neutron resources.", "2016-04-11T10:00:00-00:00"),
        ("standard-attr-tag", "Tag support for resources with standard attribute: port, subnet, network, router, floatingip, security_group", "Enables to set tag on resources with standard attribute.", "2017-01-01T00:00:00-00:00"),
        ("standard-attr-timestamp", "Resource timestamps", "Adds created_at and updated_at fields to all Neutron resources that have Neutron standard attributes.", "2016-09-12T10:00:00-00:00"),
        ("stateful-security-group", "Stateful security group", "Indicates if the security group is stateful or not", "2019-11-26T09:00:00-00:00"),
        ("subnet-service-types", "Subnet service types", "Provides ability to set the subnet service_types field", "2016-03-15T18:00:00-00:00"),
        ("tag-creation", "Tag creation support", "Allow to create several tags of a resource at once", "2024-04-01T00:00:00-00:00"),
    ];

    public static void MapRoot(this IEndpointRouteBuilder app) => app.MapGet("/", (RequestDelegate)(context => context.WriteJsonAsync(200, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("versions");
        json.WriteStartObject();
        json.WriteString("id", "v2.0");
        json.WriteString("status", "CURRENT");
        Links(json, $"{Base(context)}/v2.0/");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }))).AllowAnonymous();

    public static void MapExtensions(this RouteGroupBuilder api)
    {
        // Without the slash it is no resource: 404, as neutron answers.
        api.MapGet("/", (RequestDelegate)(context => context.Request.Path.Value!.EndsWith('/') ? context.WriteJsonAsync(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("resources");
            foreach (var (name, collection) in new[] { ("network", "networks"), ("subnet", "subnets"), ("port", "ports") })
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WriteString("collection", collection);
                Links(json, $"{Base(context)}/v2.0/{collection}");
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }) : throw new ApiException(404, "The resource could not be found.")));
        api.MapGet("/extensions", (RequestDelegate)(context => context.WriteJsonAsync(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("extensions");
            foreach (var extension in Served)
            {
                Write(json, extension);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        })));
        api.MapGet("/extensions/{alias}", (RequestDelegate)(context =>
        {
            var alias = (string)context.Request.RouteValues["alias"]!;
            var found = Served.FirstOrDefault(e => e.Alias == alias);
            return found.Alias is null ? throw Errors.NotFound($"Extension with alias {alias} does not exist", "ExtensionNotFound") : context.WriteJsonAsync(200, json =>
            {
                json.WriteStartObject();
                json.WritePropertyName("extension");
                Write(json, found);
                json.WriteEndObject();
            });
        }));
    }

    private static string Base(HttpContext context) => $"{context.Request.Scheme}://{context.Request.Host}{context.Request.PathBase}";

    private static void Write(Utf8JsonWriter json, (string Alias, string Name, string Description, string Updated) extension)
    {
        json.WriteStartObject();
        json.WriteString("alias", extension.Alias);
        json.WriteString("name", extension.Name);
        json.WriteString("description", extension.Description);
        json.WriteString("updated", extension.Updated);
        json.WriteStartArray("links");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Links(Utf8JsonWriter json, string href)
    {
        json.WriteStartArray("links");
        json.WriteStartObject();
        json.WriteString("rel", "self");
        json.WriteString("href", href);
        json.WriteEndObject();
        json.WriteEndArray();
    }
}

// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

using Meridian.System.Tests.Client;
using Meridian.Testing;

namespace Meridian.System.Tests.BadInput;

/// <summary>One cloud for all classes of bad input.</summary>
[CollectionDefinition(nameof(BadInputCloud))]
public sealed class BadInputCollection : ICollectionFixture<BadInputCloud>;

/// <summary>A simulated cloud with an object of each kind, owned by the administrator's project, and people who may do less with them.</summary>
public sealed partial class BadInputCloud : IAsyncLifetime
{
    private readonly SimulatedCloud cloud = new();
    private readonly Dictionary<string, string> objects = new(StringComparer.Ordinal);
    private int names;

    internal IReadOnlyList<ApiRoute> Routes { get; private set; } = [];

    /// <summary>Routes, each handler once: HEAD is GET's, and nova's paths with a project lead to those without.</summary>
    internal IEnumerable<ApiRoute> Handlers => Routes.Where(route => route.Method != "HEAD" && !route.IsRepeated);

    /// <summary>Bodies that routes take, by "PROGRAM METHOD PATH".</summary>
    internal ILookup<string, string> Bodies { get; private set; } = null!;

    internal string Admin => objects["token"];

    /// <summary>Member of another project, who owns nothing here.</summary>
    internal string Stranger { get; private set; } = "";

    /// <summary>Reader of the project that owns the objects.</summary>
    internal string Reader { get; private set; } = "";

    internal HttpClient Http { get; } = new(new SocketsHttpHandler { MaxConnectionsPerServer = 8, UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Lines of bodies.txt that their routes did not take.</summary>
    internal List<string> RefusedBodies { get; } = [];

    internal string Address => cloud.RegionOne;

    internal string RegionTwo => cloud.RegionTwo;

    internal string StateDirectory => cloud.StateDirectory;

    internal int ProcessId => cloud.ProcessId;

    internal string this[string name] => objects[name];

    public async ValueTask InitializeAsync()
    {
        await cloud.InitializeAsync();
        Routes = await ApiRoute.ReadAsync();
        Bodies = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "BadInput", "bodies.txt"))
            .Where(line => line.Length > 0 && line[0] != '#').Select(line => line.TrimStart('-', ' ').Split(' ', 4))
            .ToLookup(words => string.Join(' ', words[..3]), words => words[3]);
        await CreateObjectsAsync();
        await SendBodiesAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await cloud.DisposeAsync();
    }

    /// <summary>The bodies of a route, with the names of objects filled in; none where it takes none.</summary>
    internal IEnumerable<string> BodiesOf(ApiRoute route)
    {
        var path = route.IsRepeated ? route.Path.Replace("/v2/", "/v2.1/", StringComparison.Ordinal).Replace("{project_id}/", "", StringComparison.Ordinal) : route.Path;
        if (path.EndsWith("/tags", StringComparison.Ordinal) && route.Program == "neutron-server")
        {
            path = "/v2.0/{collection}/{id}/tags";
        }

        return Bodies[$"{route.Program} {route.Method} {path}"].Select(Fill);
    }

    /// <summary>The route's path with the ids of objects that exist.</summary>
    /// <param name="spoiled">Number of the parameter that becomes <paramref name="value"/> instead.</param>
    internal string PathOf(ApiRoute route, int spoiled = -1, string value = "")
    {
        var number = 0;
        return Parameter().Replace(route.Path, match => number++ == spoiled ? value : Uri.EscapeDataString(ObjectOf(route, match.Index, match.Groups["name"].Value)));
    }

    internal static int ParametersOf(ApiRoute route) => Parameter().Count(route.Path);

    internal string Fill(string text) => Name().Replace(text, match => match.Groups["name"].Value switch
    {
        "new" => string.Create(CultureInfo.InvariantCulture, $"new-{Interlocked.Increment(ref names)}"),
        "uuid" => Guid.NewGuid().ToString(),
        var name => objects[name],
    });

    /// <summary>Sends a request as it is written: nothing of the path is corrected on the way.</summary>
    internal async Task<(HttpStatusCode Status, string Body, HttpResponseMessage Answer)> SendAsync(
        int port, string method, string path, string? token, byte[]? body = null, string? contentType = "application/json", params (string Name, string Value)[] headers) =>
        await SendToAsync(Address, port, method, path, token, body, contentType, headers);

    internal async Task<(HttpStatusCode Status, string Body, HttpResponseMessage Answer)> SendToAsync(
        string address, int port, string method, string path, string? token, byte[]? body = null, string? contentType = "application/json", params (string Name, string Value)[] headers)
    {
        var uri = new Uri($"http://{address}:{port}{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(new HttpMethod(method), uri);
        request.Headers.Accept.ParseAdd("application/json");
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Auth-Token", token);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            if (contentType is not null)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            }
        }

        var answer = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), answer);
    }

    /// <returns>A token of a user of the default domain for a project of it.</returns>
    internal async Task<string> LogInAsync(string user, string password, string project)
    {
        var body = $$"""
            { "auth": { "identity": { "methods": [ "password" ], "password": { "user": { "name": "{{user}}", "domain": { "id": "default" }, "password": "{{password}}" } } },
              "scope": { "project": { "name": "{{project}}", "domain": { "id": "default" } } } } }
            """;
        var (status, text, answer) = await SendAsync(5000, "POST", "/v3/auth/tokens", null, Encoding.UTF8.GetBytes(body));
        using (answer)
        {
            return status == HttpStatusCode.Created ? answer.Headers.GetValues("X-Subject-Token").Single() : throw new InvalidOperationException($"{user}: {text}");
        }
    }

    /// <summary>Calls as the administrator; anything but success is an exception.</summary>
    internal async Task<JsonNode> CallAsync(int port, string method, string path, string? body = null, string? token = null)
    {
        var (status, text, answer) = await SendAsync(
            port, method, path, token ?? Admin, body is null ? null : Encoding.UTF8.GetBytes(Fill(body)), "application/json", Latest(port));
        answer.Dispose();
        return (int)status < 300 ? JsonNode.Parse(text.Length > 0 ? text : "{}")! : throw new InvalidOperationException($"{method} {path}: {(int)status} {text}");
    }

    internal static string MediaType(ApiRoute route) =>
        route is { Program: "glance-api", Method: "PATCH" } ? "application/openstack-images-v2.1-json-patch"
        : route.Path.EndsWith("/file", StringComparison.Ordinal) ? "application/octet-stream"
        : "application/json";

    /// <summary>Asks compute and placement for their highest version.</summary>
    internal static (string Name, string Value)[] Latest(int port) => port switch
    {
        8774 => [("OpenStack-API-Version", "compute latest")],
        8778 => [("OpenStack-API-Version", "placement latest")],
        _ => [],
    };

    /// <summary>Sends each body as it stands, before any test spoils the objects: else a body that is wrong itself would be refused for that.</summary>
    private async Task SendBodiesAsync()
    {
        foreach (var route in Routes.Where(route => !route.IsRepeated))
        {
            foreach (var body in BodiesOf(route))
            {
                var (status, text, answer) = await SendAsync(route.Port, route.Method, PathOf(route), Admin, Encoding.UTF8.GetBytes(body), MediaType(route), Latest(route.Port));
                answer.Dispose();
                if ((int)status is >= 400 and not 409)
                {
                    RefusedBodies.Add($"{route} {body}: {(int)status} {text}");
                }
            }
        }
    }

    private async Task CreateObjectsAsync()
    {
        var rc = OpenStackClient.ReadOpenrc(cloud.AdminOpenrc("RegionOne"));
        objects["bootstrap"] = objects["token"] = await LogInAsync(rc["OS_USERNAME"], rc["OS_PASSWORD"], rc["OS_PROJECT_NAME"]);
        objects["project"] = (string)(await CallAsync(5000, "GET", "/v3/projects?name=admin"))["projects"]![0]!["id"]!;
        await CreateIdentityAsync();
        await CreateLimitsAsync();
        objects["token"] = await LogInAsync("bad-input-admin", "secret", "admin");
        await CreateDelegationsAsync();
        await CreateNetworksAsync();
        await CreateComputeAsync();
        Reader = await LogInAsync("bad-input-reader", "secret", "admin");
        Stranger = await LogInAsync("bad-input-stranger", "secret", "bad-input-others");
    }

    /// <summary>Limits, policies, endpoint groups and a domain's configuration.</summary>
    private async Task CreateLimitsAsync()
    {
        await MakeAsync("policy", 5000, "/v3/policies", """{"policy":{"blob":"{}","type":"application/json"}}""");
        await MakeAsync("endpointGroup", 5000, "/v3/OS-EP-FILTER/endpoint_groups", """{"endpoint_group":{"name":"bad-input","filters":{"service_id":"$service"}}}""");
        await CallAsync(5000, "PUT", $"/v3/domains/{this["domain"]}/config", """{"config":{"ldap":{"url":"ldap://127.0.0.1"}}}""");
        var registered = await CallAsync(
            5000, "POST", "/v3/registered_limits",
            """{"registered_limits":[{"service_id":"$service","resource_name":"free","default_limit":1},{"service_id":"$service","resource_name":"used","default_limit":1}]}""");
        objects["registeredLimit"] = (string)registered["registered_limits"]![0]!["id"]!;
        var limits = await CallAsync(5000, "POST", "/v3/limits", """{"limits":[{"service_id":"$service","resource_name":"used","resource_limit":1,"project_id":"$project"}]}""");
        objects["limit"] = (string)limits["limits"]![0]!["id"]!;
    }

    private async Task CreateIdentityAsync()
    {
        await MakeAsync("otherProject", 5000, "/v3/projects", """{"project":{"name":"bad-input-others"}}""");
        await MakeAsync("victim", 5000, "/v3/projects", """{"project":{"name":"bad-input-victim"}}""");
        await MakeAsync("domain", 5000, "/v3/domains", """{"domain":{"name":"bad-input"}}""");
        await MakeAsync("user", 5000, "/v3/users", """{"user":{"name":"bad-input","password":"secret"}}""");
        await MakeAsync("reader", 5000, "/v3/users", """{"user":{"name":"bad-input-reader","password":"secret"}}""");
        await MakeAsync("admin", 5000, "/v3/users", """{"user":{"name":"bad-input-admin","password":"secret"}}""");
        await MakeAsync("stranger", 5000, "/v3/users", """{"user":{"name":"bad-input-stranger","password":"secret"}}""");
        await MakeAsync("group", 5000, "/v3/groups", """{"group":{"name":"bad-input"}}""");
        await MakeAsync("role", 5000, "/v3/roles", """{"role":{"name":"bad-input"}}""");
        await MakeAsync("impliedRole", 5000, "/v3/roles", """{"role":{"name":"bad-input-implied"}}""");
        await MakeAsync("region", 5000, "/v3/regions", """{"region":{"id":"BadInput"}}""");
        await MakeAsync("service", 5000, "/v3/services", """{"service":{"type":"bad-input","name":"bad-input"}}""");
        await MakeAsync("endpoint", 5000, "/v3/endpoints", """{"endpoint":{"service_id":"$service","interface":"public","region_id":"$region","url":"http://127.0.0.1:1"}}""");
        await MakeAsync("credential", 5000, "/v3/credentials", """{"credential":{"type":"cert","blob":"b","user_id":"$user"}}""");
        await MakeAsync(
            "keyPair", 5000, "/v3/credentials",
            """{"credential":{"type":"ec2","blob":"{\"access\":\"bad-input\",\"secret\":\"bad-input-secret\"}","user_id":"$admin","project_id":"$project"}}""");
        foreach (var role in (await CallAsync(5000, "GET", "/v3/roles"))["roles"]!.AsArray())
        {
            switch ((string)role!["name"]!)
            {
                case "admin" or "service":
                    await CallAsync(5000, "PUT", $"/v3/projects/{this["project"]}/users/{this["admin"]}/roles/{role["id"]}");
                    break;
                case "reader":
                    await CallAsync(5000, "PUT", $"/v3/projects/{this["project"]}/users/{this["reader"]}/roles/{role["id"]}");
                    break;
                case "member":
                    await CallAsync(5000, "PUT", $"/v3/projects/{this["otherProject"]}/users/{this["stranger"]}/roles/{role["id"]}");
                    break;
            }
        }
    }

    private async Task CreateDelegationsAsync()
    {
        await MakeAsync("trust", 5000, "/v3/OS-TRUST/trusts", """{"trust":{"trustor_user_id":"$admin","trustee_user_id":"$stranger","project_id":"$project","impersonation":true,"roles":[{"name":"admin"}]}}""");
        var user = "/v3/users/" + this["admin"];
        await MakeAsync("applicationCredential", 5000, user + "/application_credentials", """{"application_credential":{"name":"bad-input","access_rules":[{"path":"/v2.1/servers","method":"GET","service":"compute"}]}}""");
        objects["accessRule"] = (string)(await CallAsync(5000, "GET", user + "/access_rules"))["access_rules"]![0]!["id"]!;
    }

    private async Task CreateNetworksAsync()
    {
        await CallAsync(9696, "PUT", "/v2.0/quotas/" + this["project"], """{"quota":{"network":-1,"subnet":-1,"port":-1,"router":-1,"floatingip":-1,"security_group":-1,"security_group_rule":-1}}""");
        var external = (await CallAsync(9696, "GET", "/v2.0/networks?router:external=true"))["networks"]![0]!;
        objects["external"] = (string)external["id"]!;
        objects["externalSubnet"] = (string)external["subnets"]![0]!;
        await MakeAsync("network", 9696, "/v2.0/networks", """{"network":{"name":"bad-input"}}""");
        await MakeAsync("network2", 9696, "/v2.0/networks", """{"network":{"name":"bad-input-2"}}""");
        await MakeAsync("subnet0", 9696, "/v2.0/subnets", """{"subnet":{"network_id":"$network","cidr":"10.75.0.0/16","ip_version":4}}""");
        await MakeAsync("subnet", 9696, "/v2.0/subnets", """{"subnet":{"network_id":"$network2","cidr":"10.76.0.0/16","ip_version":4}}""");
        await MakeAsync("port", 9696, "/v2.0/ports", """{"port":{"network_id":"$network2","fixed_ips":[{"ip_address":"10.76.0.9"}]}}""");
        await MakeAsync("port2", 9696, "/v2.0/ports", """{"port":{"network_id":"$network2"}}""");
        await MakeAsync("router", 9696, "/v2.0/routers", """{"router":{"name":"bad-input","external_gateway_info":{"network_id":"$external"}}}""");
        await CallAsync(9696, "PUT", $"/v2.0/routers/{this["router"]}/add_router_interface", """{"subnet_id":"$subnet"}""");
        await MakeAsync("network3", 9696, "/v2.0/networks", """{"network":{"name":"bad-input-3"}}""");
        await MakeAsync("subnet3", 9696, "/v2.0/subnets", """{"subnet":{"network_id":"$network3","cidr":"10.73.0.0/24","ip_version":4}}""");
        await MakeAsync("network4", 9696, "/v2.0/networks", """{"network":{"name":"bad-input-4"}}""");
        await MakeAsync("subnet4", 9696, "/v2.0/subnets", """{"subnet":{"network_id":"$network4","cidr":"10.74.0.0/24","ip_version":4}}""");
        await MakeAsync("port3", 9696, "/v2.0/ports", """{"port":{"network_id":"$network4"}}""");
        await MakeAsync("port5", 9696, "/v2.0/ports", """{"port":{"network_id":"$network2","fixed_ips":[{"ip_address":"10.76.0.8"}]}}""");
        await MakeAsync("group4", 9696, "/v2.0/security-groups", """{"security_group":{"name":"bad-input"}}""");
        await MakeAsync("rule", 9696, "/v2.0/security-group-rules", """{"security_group_rule":{"security_group_id":"$group4","direction":"ingress"}}""");
        await MakeAsync("floatingip", 9696, "/v2.0/floatingips", """{"floatingip":{"floating_network_id":"$external"}}""");
        objects["agent"] = (string?)(await CallAsync(9696, "GET", "/v2.0/agents"))["agents"]!.AsArray().FirstOrDefault()?["id"] ?? Guid.NewGuid().ToString();
    }

    private async Task CreateComputeAsync()
    {
        await CallAsync(8774, "PUT", "/v2.1/os-quota-sets/" + this["project"], """{"quota_set":{"instances":-1,"cores":-1,"ram":-1,"key_pairs":-1}}""");
        objects["image"] = (string)(await CallAsync(9292, "GET", "/v2/images"))["images"]![0]!["id"]!;
        await MakeAsync("ownImage", 9292, "/v2/images", """{"name":"bad-input","disk_format":"raw","container_format":"bare","visibility":"shared"}""");
        await MakeAsync("flavor", 8774, "/v2.1/flavors", """{"flavor":{"name":"bad-input","ram":64,"vcpus":1,"disk":1,"os-flavor-access:is_public":false}}""");
        await MakeAsync("aggregate", 8774, "/v2.1/os-aggregates", """{"aggregate":{"name":"bad-input"}}""");
        await CallAsync(8774, "PUT", "/v2.1/os-quota-sets/" + this["project"], """{"quota_set":{"server_groups":-1}}""");
        await MakeAsync("serverGroup", 8774, "/v2.1/os-server-groups", """{"server_group":{"name":"bad-input","policy":"affinity"}}""");
        await CallAsync(8774, "POST", "/v2.1/os-keypairs", """{"keypair":{"name":"bad-input","type":"ssh","public_key":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE5r1c9yq9mLnFhnmwqJ2zPfwKXo9R0TXo2RrBfN4Q5g a"}}""");
        objects["keypair"] = "bad-input";
        await MakeAsync("server", 8774, "/v2.1/servers", """{"server":{"name":"bad-input","imageRef":"$image","flavorRef":"$flavor","networks":[{"uuid":"$network"}],"metadata":{"k":"v"}}}""");
        var server = "";
        Assert.True(
            await Wait.UntilAsync(async () => (server = (string)(await CallAsync(8774, "GET", "/v2.1/servers/" + this["server"]))["server"]!["status"]!) == "ACTIVE"),
            "the server is " + server);
        var service = (await CallAsync(8774, "GET", "/v2.1/os-services?binary=nova-compute"))["services"]![0]!;
        objects["computeService"] = (string)service["id"]!;
        objects["host"] = (string)service["host"]!;
        objects["hypervisor"] = (string)(await CallAsync(8774, "GET", "/v2.1/os-hypervisors"))["hypervisors"]![0]!["id"]!;
        objects["request"] = (string)(await CallAsync(8774, "GET", $"/v2.1/servers/{this["server"]}/os-instance-actions"))["instanceActions"]![0]!["request_id"]!;
        objects["serverPort"] = (string)(await CallAsync(9696, "GET", "/v2.0/ports?device_id=" + this["server"]))["ports"]![0]!["id"]!;
        objects["provider"] = (string)(await CallAsync(8778, "POST", "/resource_providers", """{"name":"bad-input"}"""))["uuid"]!;
        await CallAsync(8778, "PUT", $"/resource_providers/{this["provider"]}/inventories", """{"resource_provider_generation":0,"inventories":{"VCPU":{"total":1000000}}}""");
        await CallAsync(8778, "PUT", "/resource_classes/CUSTOM_BAD_INPUT");
        await CallAsync(8778, "PUT", "/traits/CUSTOM_BAD_INPUT");
    }

    private async Task MakeAsync(string name, int port, string path, string body)
    {
        var made = await CallAsync(port, "POST", path, body);
        objects[name] = (made["id"] ?? made.AsObject().First().Value!["id"])!.ToString();
    }

    // By the literal before the parameter; where that says too little, by the parameter's name.
    private string ObjectOf(ApiRoute route, int at, string parameter)
    {
        var kind = route.Path[..at].TrimEnd('/').Split('/')[^1];
        return (route.Program, kind, parameter) switch
        {
            (_, _, "project_id") => this["project"],
            (_, _, "tag") => "t",
            ("keystone", "domains", _) => this["domain"],
            ("keystone", "projects", _) => this["victim"],
            ("keystone", "users", "userId") when route.Path.Contains("/application_credentials", StringComparison.Ordinal) || route.Path.Contains("/access_rules", StringComparison.Ordinal) => this["admin"],
            ("keystone", "users", _) => this["user"],
            ("keystone", "trusts", _) => this["trust"],
            ("keystone", "application_credentials", _) => this["applicationCredential"],
            ("keystone", "access_rules", _) => this["accessRule"],
            ("keystone", "groups", _) => this["group"],
            ("keystone", "roles", _) => this["role"],
            ("keystone", "implies", _) => this["impliedRole"],
            ("keystone", "regions", _) => this["region"],
            ("keystone", "services", _) => this["service"],
            ("keystone", "endpoints", _) => this["endpoint"],
            ("keystone", "credentials", _) => this["credential"],
            ("keystone", "policies", _) => this["policy"],
            ("keystone", "endpoint_groups", _) => this["endpointGroup"],
            ("keystone", "registered_limits", _) => this["registeredLimit"],
            ("keystone", "limits", _) => this["limit"],
            ("keystone", "config", "group") => "ldap",
            ("keystone", _, "option") => "url",
            ("glance-api", "images", _) => this["ownImage"],
            ("glance-api", "members", _) => this["victim"],
            ("placement-api", "allocations", _) => "11111111-2222-4333-8444-555555555555",
            ("placement-api", "resource_providers", _) => this["provider"],
            ("placement-api", "inventories", _) => "VCPU",
            ("placement-api", _, "name") => "CUSTOM_BAD_INPUT",
            ("nova-api", "extensions", _) => "os-keypairs",
            ("nova-api", "flavors", _) => this["flavor"],
            ("nova-api", "os-extra_specs", _) => "hw:cpu_policy",
            ("nova-api", "os-aggregates", _) => this["aggregate"],
            ("nova-api", "os-hypervisors", _) => this["hypervisor"],
            ("nova-api", "os-keypairs", _) => "bad-input",
            ("nova-api", "os-quota-class-sets", _) => "default",
            ("nova-api", "os-quota-sets", _) => this["project"],
            ("nova-api", "os-server-groups", _) => this["serverGroup"],
            ("nova-api", "os-services", _) => this["computeService"],
            ("nova-api", "servers", _) => this["server"],
            ("nova-api", "ips", _) => "bad-input",
            ("nova-api", "metadata", _) => "k",
            ("nova-api", "os-instance-actions", _) => this["request"],
            ("nova-api", "os-interface", _) => this["serverPort"],
            ("nova-metadata", _, "version") => "latest",
            ("nova-metadata", _, _) => "openstack",
            ("neutron-server", "agents", _) => this["agent"],
            ("neutron-server", "extensions", _) => "router",
            ("neutron-server", "networks" or "network-ip-availabilities", _) => this["network2"],
            ("neutron-server", "subnets", _) => this["subnet"],
            ("neutron-server", "ports", _) => this["port"],
            ("neutron-server", "routers", _) => this["router"],
            ("neutron-server", "floatingips", _) => this["floatingip"],
            ("neutron-server", "security-groups", _) => this["group4"],
            ("neutron-server", "security-group-rules", _) => this["rule"],
            ("neutron-server", "quotas", _) => this["project"],
            _ => Guid.NewGuid().ToString(), // A kind that this fixture does not make: the route answers 404, and must not fail.
        };
    }

    [GeneratedRegex(@"\{(\*\*)?(?<name>[a-zA-Z_]+)\}")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\$(?<name>[a-zA-Z]+[0-9]*)(?!\()\b")]
    private static partial Regex Name();
}

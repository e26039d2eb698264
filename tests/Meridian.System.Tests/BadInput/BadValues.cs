// SPDX-License-Identifier: Apache-2.0
using System.Text;
using System.Text.Json.Nodes;

namespace Meridian.System.Tests.BadInput;

/// <summary>What no client that means well would send.</summary>
internal static class BadValues
{
    private const string Mark = "\u0001here\u0001";

    /// <summary>JSON texts to put where a member is.</summary>
    public static IReadOnlyList<string> Json { get; } =
    [
        "null", "true", "0", "-1", "1.5", "2147483648", "-9223372036854775809", "99999999999999999999999999", "1e999", "\"\"", "\" \"", "\"-1\"", "\"1e999\"",
        "[]", "[null]", "[[]]", "[1,{\"a\":[]}]", "{}", "{\"\":null}", "{\"a\":{\"b\":[]}}",
        "\"a\\u0000b\"", "\"\\ud800\"", "\"a\\nb\"", "\"\\ud83d\\ude00\"", "\"not-a-uuid\"", "\"00000000-0000-4000-8000-000000000000\"",
        "\"../../etc/passwd\"", "\"10.0.0.0/99\"", "\"0.0.0.0\"", "\"::ffff:10.0.0.1\"", "\"fe80::1%eth0\"", "\"2026-13-45T99:99:99\"", "\"%(admin_token)s\"", "\"/\"",
        $"\"{new string('x', 256)}\"", $"\"{new string('é', 70_000)}\"",
    ];

    /// <summary>Bodies that are no object of any API.</summary>
    public static IReadOnlyList<byte[]> Bodies { get; } =
    [
        .. new[]
        {
            "", " ", "{", "}", "[", "]", "\"", "null", "true", "1", "\"x\"", "[]", "{}", "[{}]", "{\"a\":1,\"a\":2}", "{\"\":{}}", "{\"a\":1}{\"b\":2}", "{'a':1}", "{\"a\":}",
            "{\"a\":NaN}", "{\"a\":01}", "\ufeff{}", "// x\n{}", "{\"a\":\"\\ud800\"}", "{\"\\ud800\":1}", "{\"a\\u0000b\":1}", "<a/>", "a=1&b=2", "\0",
        }.Select(Encoding.UTF8.GetBytes),
        [0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d], // a surrogate in UTF-8
        [0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d],
        [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00], // UTF-16
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("[", 100_000))),
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 100_000))),
        Encoding.UTF8.GetBytes(new string('[', 65) + new string(']', 65)),
    ];

    /// <summary>What to put where a path has an id: sent as it stands.</summary>
    public static IReadOnlyList<string> PathParts { get; } =
    [
        "not-a-uuid", "00000000-0000-4000-8000-000000000000", "00000000000040008000000000000000", "-1", "0", "99999999999999999999", "%20", "%00", "a%00b", "%0d%0aX-A:%20b",
        "%ff", "%ed%a0%80", "%c3%28", "%zz", "%", "..%2f..%2fetc%2fpasswd", "%2e%2e", "a%2fb", "'%20OR%201=1%20--", "%22", "%3Cscript%3E", "%F0%9F%98%80", "{id}", "*", new('x', 256), new('x', 4000),
        "detail", "None", "null", ";", "a;b=c", "~",
    ];

    /// <summary>How many of <see cref="Queries"/> are for any list; the others name filters of some.</summary>
    public const int CommonQueries = 55;

    /// <summary>Query strings of lists.</summary>
    public static IReadOnlyList<string> Queries { get; } =
    [
        "limit=-1", "limit=x", "limit=", "limit=0", "limit=1.5", "limit=99999999999999999999", "limit=1&limit=x", "marker=x", "marker=", "marker=%00", "marker=00000000-0000-4000-8000-000000000000",
        "limit=1&marker=00000000-0000-4000-8000-000000000000", "sort_key=bogus", "sort_key=", "sort_key=id&sort_dir=sideways", "sort_dir=asc", "sort_key=id&sort_key=id&sort_dir=asc", "sort=a:b:c", "sort=:",
        "sort_key=created_at&sort_dir=desc&limit=1", "sort=name:asc,id:desc", "page_reverse=maybe", "page_reverse=true&limit=1", "fields=bogus", "fields=", "fields=id&fields=id", "bogus=1", "=", "&&&", "%00=%00",
        "name=%00", "name=%ff", "name=%ed%a0%80", "name=" + "%25", "name=" + "%27", "name=a&name=b", "name=in:", "name=in:%22", "name=in:a,%22b", "id=x", "id=&id=", "status=bogus", "status=" + "%2a",
        "created_at=x", "created_at=gt:x", "updated_at=lte:2026-13-45", "created_at=gte:2026-01-01T00:00:00Z", "changes-since=x", "changes-since=2026-01-01T00:00:00&changes-before=2025-01-01T00:00:00",
        "changes-before=x", "all_tenants=x", "all_tenants=1&all_tenants=0", "deleted=x", "ip=%5B", "ip=.*(.*)*", "name=%5B", "name=(", "flavor=x", "image=x", "host=x&limit=1", "tags=,,,", "tags-any=%00", "not-tags=a,b",
        "minRam=x", "minDisk=-1", "is_public=maybe", "user_id=x", "reverse=x", "availability_zone=%00", "power_state=x", "progress=x", "launched_at=x", "locked=maybe", "soft_deleted=1", "config_key=1",
        "enabled=maybe", "parent_id=x", "domain_id=x", "is_domain=x", "name__contains=x", "name__bogus=x", "name__regex=(", "password_expires_at=x", "password_expires_at=lt:x", "user.id=x&group.id=y", "scope.project.id=x&scope.domain.id=y", "effective&group.id=x",
        "include_names=maybe", "include_subtree&scope.project.id=x", "role.id=x", "scope.OS-INHERIT:inherited_to=x", "subtree_as_list&subtree_as_ids", "parents_as_list&parents_as_ids", "service=x", "type=%00", "interface=bogus", "region=x", "region_id=x",
        "visibility=bogus", "visibility=shared&member_status=bogus", "member_status=all", "owner=x", "protected=maybe", "os_hidden=maybe", "size_min=x", "size_max=-1", "disk_format=in:", "tag=%00", "checksum=in:a", "container_format=x", "updated_at=neq:x",
        "resources=VCPU", "resources=VCPU:x", "resources=VCPU:-1", "resources=VCPU:0", "resources=VCPU:99999999999999999999", "resources=BOGUS:1", "resources=", "resources=VCPU:1&required=bogus", "resources=VCPU:1&required=", "resources=VCPU:1&required=in:",
        "resources=VCPU:1&required=!in:HW_CPU_X86_AVX", "resources=VCPU:1&member_of=x", "resources=VCPU:1&member_of=in:", "resources=VCPU:1&in_tree=x", "resources1=VCPU:1", "resources1=VCPU:1&resources2=VCPU:1", "resources_A=VCPU:1&group_policy=bogus",
        "resources=VCPU:1&root_required=bogus", "resources=VCPU:1&same_subtree=x", "resources=VCPU:1&limit=0", "uuid=x", "member_of=!in:x", "in_tree=x", "required=!bogus", "name=startswith:", "name=in:A,B", "associated=maybe", "project_id=", "project_id=x&user_id=y&consumer_type=bogus", "consumer_type=",
        "fixed_ips=ip_address=x", "fixed_ips=subnet_id=x&fixed_ips=ip_address_substr=%25", "fixed_ips=x", "fixed_ips=", "network_id=x", "network_id=&network_id=", "mac_address=x", "device_id=%00", "admin_state_up=maybe", "shared=maybe", "router:external=maybe", "mtu=x", "mtu=99999999999999999999", "ip_version=x", "cidr=x", "enable_dhcp=maybe",
        "provider:segmentation_id=x", "port_range_min=x", "protocol=x", "security_group_id=x", "revision_number=x", "binding:host_id=%00", "security_groups=x", "alive=maybe", "floating_ip_address=x", "external_gateway_info=x", "routes=x", "tenant_id=x", "gateway_ip=x",
        "search_opts=" + "%7B", "with_servers=maybe", "hypervisor_hostname_pattern=%25", "hypervisor_hostname_pattern=%00", "usage=maybe", "binary=x", "nowait", new string('a', 4000) + "=1",
    ];

    /// <summary>The body once for each of its members and every other bad value (by turns), and without, with twice the member, and with one more.</summary>
    public static IEnumerable<string> Spoil(string body)
    {
        var root = JsonNode.Parse(body)!;
        foreach (var (number, path) in Paths(root, []).ToList().Index())
        {
            var (_, marked) = Put(body, path, JsonValue.Create(Mark));
            foreach (var value in Json.Where((_, index) => (index + number) % 2 == 0))
            {
                yield return marked.Replace($"\"{MarkText}\"", value, StringComparison.Ordinal);
            }

            if (path is [.., string name])
            {
                yield return Put(body, path, null).Text;
                yield return marked.Replace($"\"{MarkText}\"", $"1,{JsonValue.Create(name)!.ToJsonString()}:2", StringComparison.Ordinal);
                yield return marked.Replace($"{JsonValue.Create(name)!.ToJsonString()}:\"{MarkText}\"", "\"bogus\":1,\"a\\u0000\":2", StringComparison.Ordinal);
                yield return marked.Replace($"{JsonValue.Create(name)!.ToJsonString()}:\"{MarkText}\"", "\"\\ud800\":1", StringComparison.Ordinal);
            }
        }
    }

    private static string MarkText { get; } = JsonValue.Create(Mark)!.ToJsonString().Trim('"');

    private static IEnumerable<object[]> Paths(JsonNode? node, object[] path)
    {
        var children = node switch
        {
            JsonObject o => o.Select(member => ((object)member.Key, member.Value)),
            JsonArray a => a.Select((item, index) => ((object)index, item)),
            _ => [],
        };
        foreach (var (key, child) in children)
        {
            object[] here = [.. path, key];
            yield return here;
            foreach (var deeper in Paths(child, here))
            {
                yield return deeper;
            }
        }
    }

    // A null value takes the member away.
    private static (JsonNode Root, string Text) Put(string body, object[] path, JsonNode? value)
    {
        var root = JsonNode.Parse(body)!;
        var parent = root;
        foreach (var key in path[..^1])
        {
            parent = key is string name ? parent[name]! : parent[(int)key]!;
        }

        switch (path[^1])
        {
            case string name when value is null:
                parent.AsObject().Remove(name);
                break;
            case string name:
                parent[name] = value;
                break;
            case int index:
                parent[index] = value;
                break;
        }

        return (root, root.ToJsonString());
    }
}

// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using System.Text.RegularExpressions;

using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Platform.Http;

namespace Meridian.Identity.Roles;

/// <summary>A role as trusts and application credentials name it: <c>{"id"}</c> or <c>{"name"}</c>, one of both.</summary>
internal sealed partial record RoleReference(string? Id, string? Name)
{
    /// <returns>Those under <c>roles</c>; none when it is absent.</returns>
    /// <exception cref="ApiException">400.</exception>
    public static IReadOnlyList<RoleReference> ReadAll(ResourceBody body) => body.Find("roles") switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(Read)],
        { } other => throw Errors.InvalidField("roles", $"{ResourceBody.Show(other)} is not of type 'array'"),
    };

    /// <summary>The roles' ids, in the order told. An id is not looked up: it is compared with what somebody holds.</summary>
    /// <exception cref="ApiException">404 for a name that no role has, 400 for one that several have: a domain's role may be named like a global one.</exception>
    public static async Task<IReadOnlyList<string>> ResolveAsync(DataConnection db, IReadOnlyList<RoleReference> references, CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        foreach (var reference in references)
        {
            ids.Add(reference.Id ?? await FindByNameAsync(db, reference.Name!, cancellationToken));
        }

        return [.. ids.Distinct(StringComparer.Ordinal)];
    }

    private static async Task<string> FindByNameAsync(DataConnection db, string name, CancellationToken cancellationToken)
    {
        var key = NameKey.Of(name);
        var found = await db.GetTable<Role>().Where(r => r.NameKey == key).Select(r => r.Id).Take(2).ToListAsync(cancellationToken);
        return found switch
        {
            [var id] => id,
            [] => throw new ApiException(404, $"Role {name} is not defined"),
            _ => throw Errors.Invalid($"There are multiple role entities named '{name}'. Please use ID instead of names to resolve the ambiguity."),
        };
    }

    private static RoleReference Read(JsonElement role)
    {
        if (role.ValueKind != JsonValueKind.Object)
        {
            throw Errors.InvalidField("roles", $"{ResourceBody.Show(role)} is not of type 'object'");
        }

        var members = role.EnumerateObject().ToList();
        if (members.Count != 1)
        {
            throw Errors.InvalidField("roles", $"{ResourceBody.Show(role)} does not have one of 'id' and 'name'");
        }

        var (name, value) = (members[0].Name, members[0].Value.ValueKind == JsonValueKind.String ? members[0].Value.GetString()! : null);
        return name switch
        {
            "id" when value is not null && Identifier().IsMatch(value) => new(value, null),
            "name" when !string.IsNullOrWhiteSpace(value) && value.Length <= 255 => new(null, value),
            "id" or "name" => throw Errors.InvalidField($"roles/{name}", $"{ResourceBody.Show(members[0].Value)} is not a role's {name}"),
            _ => throw Errors.InvalidField("roles", $"Additional properties are not allowed ('{name}' was unexpected)"),
        };
    }

    [GeneratedRegex(@"\A[a-zA-Z0-9-]{1,64}\z")]
    private static partial Regex Identifier();
}

// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Users;

/// <summary>The resource options of a user. Source: identity v3 API, "Users"; Keystone's schema of them.</summary>
internal sealed record UserOptions
{
    public static readonly UserOptions None = new();

    private const string Rules = "multi_factor_auth_rules";

    private static readonly string[] Flags =
    [
        "ignore_change_password_upon_first_use", "ignore_password_expiry", "ignore_lockout_failure_attempts", "ignore_user_inactivity", "lock_password",
        "multi_factor_auth_enabled",
    ];

    public bool IgnoreChangePasswordUponFirstUse { get; private init; }

    public bool IgnorePasswordExpiry { get; private init; }

    public bool IgnoreLockoutFailureAttempts { get; private init; }

    public bool IgnoreUserInactivity { get; private init; }

    /// <summary>The user must not change the password; administrators may.</summary>
    public bool LockPassword { get; private init; }

    /// <summary>Sets of methods, of which one must be complete; empty where multi-factor authentication is off.</summary>
    public IReadOnlyList<IReadOnlyList<string>> MultiFactorRules { get; private init; } = [];

    public static UserOptions Of(User user)
    {
        if (user.Options is null)
        {
            return None;
        }

        using var document = JsonDocument.Parse(user.Options);
        var options = document.RootElement;
        return new()
        {
            IgnoreChangePasswordUponFirstUse = IsTrue(options, Flags[0]),
            IgnorePasswordExpiry = IsTrue(options, Flags[1]),
            IgnoreLockoutFailureAttempts = IsTrue(options, Flags[2]),
            IgnoreUserInactivity = IsTrue(options, Flags[3]),
            LockPassword = IsTrue(options, Flags[4]),
            MultiFactorRules = options.TryGetProperty(Flags[5], out var enabled) && enabled.ValueKind == JsonValueKind.False || !options.TryGetProperty(Rules, out var rules)
                ? []
                : [.. rules.EnumerateArray().Select(r => r.EnumerateArray().Select(m => m.GetString()!).ToList())],
        };
    }

    /// <summary>What a body has under <c>options</c>, merged over what was stored; null removes an option.</summary>
    /// <exception cref="Platform.Http.ApiException">400: an option that there is not, or a value that it does not take.</exception>
    public static string? Read(ResourceBody body, string? existing)
    {
        if (body.Find("options") is { ValueKind: JsonValueKind.Object } options)
        {
            foreach (var option in options.EnumerateObject().Where(o => o.Value.ValueKind != JsonValueKind.Null || !IsKnown(o.Name)))
            {
                Check(option);
            }
        }

        return body.Options(existing);
    }

    private static bool IsKnown(string name) => name == Rules || Flags.Contains(name);

    private static void Check(JsonProperty option)
    {
        if (!IsKnown(option.Name))
        {
            throw Errors.InvalidField("options", $"Additional properties are not allowed ('{option.Name}' was unexpected)");
        }

        if (option.Name == Rules)
        {
            CheckRules(option.Value);
        }
        else if (option.Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            throw Errors.InvalidField("options/" + option.Name, $"{ResourceBody.Show(option.Value)} is not of type 'boolean', 'null'");
        }
    }

    private static void CheckRules(JsonElement rules)
    {
        const string Field = "options/" + Rules;
        RequireList(rules, Field);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (rule, i) in rules.EnumerateArray().Select((r, i) => (r, i)))
        {
            RequireList(rule, $"{Field}/{i}");
            if (rule.GetArrayLength() == 0)
            {
                throw Errors.InvalidField($"{Field}/{i}", "[] is too short");
            }

            if (rule.EnumerateArray().FirstOrDefault(m => m.ValueKind != JsonValueKind.String) is { ValueKind: not JsonValueKind.Undefined } other)
            {
                throw Errors.InvalidField($"{Field}/{i}", $"{ResourceBody.Show(other)} is not of type 'string'");
            }

            if (rule.EnumerateArray().Select(m => m.GetString()).Distinct().Count() != rule.GetArrayLength() || !seen.Add(JsonSerializer.Serialize(rule)))
            {
                throw Errors.InvalidField(Field, $"{ResourceBody.Show(rules)} has non-unique elements");
            }
        }
    }

    private static void RequireList(JsonElement value, string field)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Errors.InvalidField(field, $"{ResourceBody.Show(value)} is not of type 'array'");
        }
    }

    private static bool IsTrue(JsonElement options, string name) => options.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
}

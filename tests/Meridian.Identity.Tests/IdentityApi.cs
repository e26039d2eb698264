// SPDX-License-Identifier: Apache-2.0
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

using Meridian.Testing;

namespace Meridian.Identity.Tests;

/// <summary>An answer of the API: status, body (undefined when empty), headers.</summary>
public sealed record ApiAnswer(int Status, JsonElement Body, IReadOnlyDictionary<string, string> Headers, string Text)
{
    public string Message => Body.GetProperty("error").GetProperty("message").GetString()!;

    public JsonElement this[string member] => Body.GetProperty(member);
}

/// <summary>One Keystone a test class, and the calls that its tests make.</summary>
public class IdentityApi : IAsyncLifetime
{
    public KeystoneFixture Keystone { get; private set; } = null!;

    /// <summary>Further text of keystone.conf, with its section headers.</summary>
    protected virtual string Further => "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The time that the API goes by; the machine's when null.</summary>
    protected virtual TimeProvider? Clock => null;

    public async ValueTask InitializeAsync() => Keystone = await KeystoneFixture.StartAsync(Further, clock: Clock, regions: ["RegionOne", "RegionTwo"]);

    public async ValueTask DisposeAsync()
    {
        await Keystone.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    public Task<ApiAnswer> GetAsync(string path, string? token = null) => SendAsync(HttpMethod.Get, path, null, token);

    public Task<ApiAnswer> PostAsync(string path, object body, string? token = null) => SendAsync(HttpMethod.Post, path, body, token);

    public Task<ApiAnswer> PatchAsync(string path, object body, string? token = null) => SendAsync(HttpMethod.Patch, path, body, token);

    public Task<ApiAnswer> PutAsync(string path, object? body = null, string? token = null) => SendAsync(HttpMethod.Put, path, body, token);

    public Task<ApiAnswer> DeleteAsync(string path, string? token = null) => SendAsync(HttpMethod.Delete, path, null, token);

    /// <param name="token">The administrator's when null; none when empty.</param>
    /// <param name="body">An object, or JSON text.</param>
    public async Task<ApiAnswer> SendAsync(HttpMethod method, string path, object? body, string? token = null, string? subject = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        token ??= await Keystone.AdminTokenAsync();
        if (token.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("X-Auth-Token", token);
        }

        if (subject is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Subject-Token", subject);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        request.Content = body switch
        {
            null => null,
            string text => new StringContent(text, Encoding.UTF8, "application/json"),
            _ => JsonContent.Create(body),
        };
        using var response = await Keystone.Service.Client.SendAsync(request, Cancellation);
        var answered = await response.Content.ReadAsStringAsync(Cancellation);
        var isJson = response.Content.Headers.ContentType?.MediaType == "application/json" && answered.Length > 0;
        return new(
            (int)response.StatusCode, isJson ? JsonSerializer.Deserialize<JsonElement>(answered) : default,
            response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase), answered);
    }

    /// <summary>GET /v3/auth/tokens.</summary>
    public Task<ApiAnswer> ValidateAsync(string subject, string? token = null, string query = "") => SendAsync(HttpMethod.Get, "/v3/auth/tokens" + query, null, token, subject);

    /// <summary>POST /v3/auth/tokens without a token.</summary>
    public Task<ApiAnswer> LogInAsync(object auth) => SendAsync(HttpMethod.Post, "/v3/auth/tokens", new { auth }, "");

    public Task<ApiAnswer> LogInAsync(string user, string password, object? scope = null) => LogInAsync(scope is null
        ? new { identity = Password(user, password) }
        : new { identity = Password(user, password), scope });

    /// <summary>Buys a token of another scope with a token.</summary>
    public Task<ApiAnswer> RescopeAsync(string token, object? scope) => LogInAsync(scope is null
        ? new { identity = new { methods = new[] { "token" }, token = new { id = token } } }
        : new { identity = new { methods = new[] { "token" }, token = new { id = token } }, scope });

    /// <summary>A name that no other test uses.</summary>
    public static string Unique(string prefix) => $"{prefix}-{Guid.NewGuid():N}"[..(prefix.Length + 9)];

    public static object Password(string user, string password) => new
    {
        methods = new[] { "password" },
        password = new { user = new { name = user, domain = new { name = "Default" }, password } },
    };

    public static object ProjectScope(string name) => new { project = new { name, domain = new { id = "default" } } };
}

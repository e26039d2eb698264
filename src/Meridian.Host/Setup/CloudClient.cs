// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

using Meridian.Host.State;

namespace Meridian.Host.Setup;

/// <summary>An API of a region as `up` calls it: public routes, the administrator's token.</summary>
/// <param name="base">URL of the API with its version: http://127.0.0.15:9696/v2.0.</param>
internal sealed class CloudClient(HttpClient http, string name, string @base, string token)
{
    public string Name => name;

    public async Task<JsonObject> GetAsync(string path, CancellationToken cancellationToken) =>
        await SendAsync(HttpMethod.Get, path, null, cancellationToken);

    public async Task<JsonObject> PostAsync(string path, JsonObject body, CancellationToken cancellationToken) =>
        await SendAsync(HttpMethod.Post, path, body, cancellationToken);

    public async Task<JsonObject> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, @base + path);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        return await SendAsync(request, cancellationToken);
    }

    public async Task PutFileAsync(string path, Stream content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, @base + path) { Content = new StreamContent(content, 256 * 1024) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        await SendAsync(request, cancellationToken);
    }

    /// <summary>The first entry of a list that fits; null when there is none.</summary>
    public async Task<JsonObject?> FindAsync(string path, string collection, Func<JsonObject, bool> fits, CancellationToken cancellationToken) =>
        (await GetAsync(path, cancellationToken))[collection]!.AsArray().Select(entry => entry!.AsObject()).FirstOrDefault(fits);

    /// <summary>The entry of a list that fits, made when there is none: each step of set-up can be repeated.</summary>
    /// <returns>The resource as the API shows it.</returns>
    public async Task<JsonObject> EnsureAsync(
        string listPath, string createPath, string collection, string key, Func<JsonObject, bool> fits, JsonObject body, CancellationToken cancellationToken) =>
        await FindAsync(listPath, collection, fits, cancellationToken)
            ?? (await PostAsync(createPath, new JsonObject { [key] = body }, cancellationToken))[key]!.AsObject();

    /// <summary>Logs in with a password and a project; the one log-in that set-up does.</summary>
    public static async Task<string> LogInAsync(HttpClient http, CloudPlan cloud, string user, string password, string project, CancellationToken cancellationToken)
    {
        static JsonObject Default() => new() { ["id"] = "default" };
        var body = new JsonObject
        {
            ["auth"] = new JsonObject
            {
                ["identity"] = new JsonObject
                {
                    ["methods"] = new JsonArray("password"),
                    ["password"] = new JsonObject { ["user"] = new JsonObject { ["name"] = user, ["domain"] = Default(), ["password"] = password } },
                },
                ["scope"] = new JsonObject { ["project"] = new JsonObject { ["name"] = project, ["domain"] = Default() } },
            },
        };
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await http.PostAsync(cloud.KeystoneUrl + "/auth/tokens?nocatalog", content, cancellationToken);
        return response.StatusCode == HttpStatusCode.Created
            ? response.Headers.GetValues("X-Subject-Token").First()
            : throw new SetupException($"Keystone refused user {user} with {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancellationToken)}");
    }

    private async Task<JsonObject> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Add("X-Auth-Token", token);
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                throw new SetupException($"{name} answered {request.Method} {request.RequestUri} with {(int)response.StatusCode}: {text}") { Status = response.StatusCode };
            }

            return text.Length == 0 ? [] : JsonNode.Parse(text)!.AsObject();
        }
        catch (HttpRequestException exception)
        {
            throw new SetupException($"{name} does not answer at {@base}: {exception.Message}", exception);
        }
    }
}

/// <summary>A step of set-up failed; running <c>up</c> again goes on with it.</summary>
internal sealed class SetupException(string message, Exception? inner = null) : Exception(message, inner)
{
    public HttpStatusCode? Status { get; init; }
}

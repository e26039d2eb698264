// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Meridian.Bench.Identity;

/// <summary>A Keystone in a process of its own, as an operator runs it: keystone-manage, then the API.</summary>
internal sealed class KeystoneProcess : IAsyncDisposable
{
    /// <summary>bcrypt's, Keystone's default.</summary>
    public const int Rounds = 12;

    public const string Password = "bench-secret";

    private readonly string root;
    private readonly string folder;
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false });
    private Process? process;

    /// <param name="root">Folder of the project, whose bin/ has the programs.</param>
    /// <param name="connection">[database] connection; SQLite in the folder when null.</param>
    public KeystoneProcess(string root, string folder, string? connection)
    {
        (this.root, this.folder) = (root, folder);
        Directory.CreateDirectory(folder);
        File.WriteAllText(ConfigFile, $"""
            [DEFAULT]
            bind_host = {Address}
            bind_port = {Port}
            log_file = {folder}/keystone.log
            [database]
            connection = {connection ?? $"sqlite:///{folder}/keystone.db"}
            [fernet_tokens]
            key_repository = {folder}/fernet-keys
            [credential]
            key_repository = {folder}/credential-keys
            [identity]
            password_hash_rounds = {Rounds}
            [security_compliance]
            lockout_failure_attempts = 5

            """);
    }

    public static string Address => "127.0.97.5";

    public static int Port => 5000;

    public string ConfigFile => Path.Combine(folder, "keystone.conf");

    public string Url => $"http://{Address}:{Port}/v3";

    public int Pid => process!.Id;

    public async Task SetUpAsync()
    {
        await ManageAsync("db_sync");
        await ManageAsync("fernet_setup");
        await ManageAsync("credential_setup");
        await ManageAsync("bootstrap", "--bootstrap-region-id", "RegionOne", "--bootstrap-public-url", Url, "--bootstrap-internal-url", Url, "--bootstrap-admin-url", Url);
    }

    public void Start() => process = Process.Start(new ProcessStartInfo(Path.Combine(root, "bin", "keystone-wsgi-public"), ["--config-file", ConfigFile])
    {
        RedirectStandardError = false, UseShellExecute = false,
    })!;

    public async Task StopAsync()
    {
        if (process is { HasExited: false })
        {
            using var kill = Process.Start("kill", process.Id.ToString(CultureInfo.InvariantCulture));
            await process.WaitForExitAsync();
        }
    }

    public long PssMib() => long.Parse(
        File.ReadLines($"/proc/{Pid}/smaps_rollup").First(line => line.StartsWith("Pss:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) / 1024;

    /// <summary>Asks until the answer is what was wanted; a server that does not listen yet is asked again.</summary>
    public async Task UntilAsync(Func<HttpRequestMessage> request, HttpStatusCode wanted)
    {
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(60))
        {
            try
            {
                using var message = request();
                using var answer = await http.SendAsync(message);
                if (answer.StatusCode == wanted)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                await Task.Delay(2);
            }
        }

        throw new InvalidOperationException("Keystone did not answer within 60 s.");
    }

    public HttpRequestMessage Validate(string token)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, Url + "/auth/tokens");
        request.Headers.Add("X-Auth-Token", token);
        request.Headers.Add("X-Subject-Token", token);
        return request;
    }

    /// <returns>Null when the log-in was refused.</returns>
    public async Task<string?> LogInAsync(string user, string password, bool toAdminProject = false)
    {
        object identity = new { methods = new[] { "password" }, password = new { user = new { name = user, domain = new { id = "default" }, password } } };
        object auth = toAdminProject ? new { identity, scope = new { project = new { name = "admin", domain = new { id = "default" } } } } : new { identity, scope = "unscoped" };
        using var answer = await http.PostAsJsonAsync(Url + "/auth/tokens", new { auth });
        return answer.StatusCode == HttpStatusCode.Created ? answer.Headers.GetValues("X-Subject-Token").Single() : null;
    }

    public async Task<JsonElement> CallAsync(HttpMethod method, string path, string token, object? body = null)
    {
        using var request = new HttpRequestMessage(method, Url + path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("X-Auth-Token", token);
        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode
            ? text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text)
            : throw new InvalidOperationException($"{method} {path}: {(int)answer.StatusCode} {text}");
    }

    /// <summary>The ETag of an answer.</summary>
    public async Task<string?> TagAsync(string path, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Url + path);
        request.Headers.Add("X-Auth-Token", token);
        using var answer = await http.SendAsync(request);
        return answer.Headers.ETag?.ToString();
    }

    /// <returns>Milliseconds of the median call.</returns>
    public async Task<double> MedianAsync(int times, string path, string token)
    {
        var elapsed = new List<double>();
        for (var i = -3; i < times; i++)
        {
            var began = Stopwatch.GetTimestamp();
            using var request = new HttpRequestMessage(HttpMethod.Get, Url + path);
            request.Headers.Add("X-Auth-Token", token);
            using var answer = (await http.SendAsync(request)).EnsureSuccessStatusCode();
            await answer.Content.CopyToAsync(Stream.Null);
            if (i >= 0)
            {
                elapsed.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
        }

        elapsed.Sort();
        return elapsed[times / 2];
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        process?.Dispose();
        http.Dispose();
    }

    private async Task ManageAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(root, "bin", "keystone-manage"), ["--config-file", ConfigFile, .. arguments]) { UseShellExecute = false, RedirectStandardError = true };
        start.Environment["OS_BOOTSTRAP_PASSWORD"] = Password;
        using var manage = Process.Start(start)!;
        var error = await manage.StandardError.ReadToEndAsync();
        await manage.WaitForExitAsync();
        if (manage.ExitCode != 0)
        {
            throw new InvalidOperationException($"keystone-manage {arguments[0]}: {error}");
        }
    }
}

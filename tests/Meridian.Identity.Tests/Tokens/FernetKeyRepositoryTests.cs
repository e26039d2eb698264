// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Tokens;

namespace Meridian.Identity.Tests.Tokens;

public sealed class FernetKeyRepositoryTests : IDisposable
{
    private static readonly string[] Methods = ["external", "password", "token"];
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("meridian-keys");

    [Fact]
    public void Setup_makes_a_staged_and_a_primary_key_that_only_the_owner_reads()
    {
        var repository = Repository(3);

        Assert.True(repository.EnsureInitialized());

        Assert.Equal(["0", "1"], Names());
        foreach (var name in Names())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(repository.Path, name)));
            Assert.Equal(44, File.ReadAllText(Path.Combine(repository.Path, name)).Length);
        }

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(repository.Path));
    }

    [Fact]
    public void Setup_leaves_an_existing_repository_alone()
    {
        var repository = Repository(3);
        repository.EnsureInitialized();
        var before = File.ReadAllText(Path.Combine(repository.Path, "1"));

        Assert.False(repository.EnsureInitialized());

        Assert.Equal(before, File.ReadAllText(Path.Combine(repository.Path, "1")));
    }

    [Fact]
    public void Rotation_promotes_the_staged_key_and_drops_the_oldest()
    {
        var repository = Repository(3);
        repository.EnsureInitialized();
        var staged = File.ReadAllText(Path.Combine(repository.Path, "0"));

        repository.Rotate();
        Assert.Equal(["0", "1", "2"], Names());
        Assert.Equal(staged, File.ReadAllText(Path.Combine(repository.Path, "2")));

        repository.Rotate();
        Assert.Equal(["0", "2", "3"], Names());
    }

    [Fact]
    public void A_token_lives_through_rotations_until_its_key_is_dropped()
    {
        var repository = Repository(3);
        repository.EnsureInitialized();
        var codec = new FernetTokenCodec(repository, new TokenFormat(Methods, "default"), TimeProvider.System);
        var token = codec.Encode(Payload(), DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

        repository.Rotate();
        Assert.NotNull(codec.Decode(token));

        repository.Rotate();
        Assert.Null(codec.Decode(token));
    }

    [Fact]
    public void A_node_that_has_not_seen_the_rotation_reads_the_new_primarys_tokens()
    {
        var repository = Repository(3);
        repository.EnsureInitialized();
        var before = repository.LoadKeys();
        repository.Rotate();
        var codec = new FernetTokenCodec(repository, new TokenFormat(Methods, "default"), TimeProvider.System);
        var frame = Fernet.Decode(codec.Encode(Payload(), DateTimeOffset.FromUnixTimeSeconds(1_800_000_000)))!;

        Assert.Contains(before, key => key.Decrypt(frame, out _) is not null);
    }

    [Fact]
    public void Without_keys_the_error_says_what_to_run()
    {
        var codec = new FernetTokenCodec(Repository(3), new TokenFormat(Methods, "default"), TimeProvider.System);

        var error = Assert.Throws<InvalidOperationException>(() => codec.Encode(Payload(), DateTimeOffset.UnixEpoch));

        Assert.Contains("fernet_setup", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Delete(recursive: true);

    private static TokenPayload Payload() => new()
    {
        Kind = TokenKind.Unscoped,
        UserId = "u",
        Methods = ["password"],
        ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(1_800_003_600),
        AuditIds = [TokenPayload.NewAuditId()],
    };

    private FernetKeyRepository Repository(int maxActiveKeys) => new(Path.Combine(folder.FullName, "keys"), maxActiveKeys);

    private List<string> Names() => [.. Directory.GetFiles(Path.Combine(folder.FullName, "keys")).Select(f => Path.GetFileName(f)!).Order()];
}

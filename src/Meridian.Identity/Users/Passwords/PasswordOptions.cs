// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Identity.Users.Passwords;

/// <summary>[identity] password_hash_* and kin: how passwords are stored. Source: Keystone's configuration reference.</summary>
internal static class PasswordOptions
{
    public static readonly Option<string> Algorithm = Opt.Choice(
        "identity", "password_hash_algorithm", "bcrypt", "How new passwords are hashed; the hashes of all four verify.", ["bcrypt", "bcrypt_sha256", "scrypt", "pbkdf2_sha512"]);

    public static readonly Option<int> Rounds = Opt.Integer(
        "identity", "password_hash_rounds", 0, "Cost of new hashes: for bcrypt and scrypt its logarithm (12, 16 when unset), for pbkdf2_sha512 the rounds themselves (25000).", 1);

    public static readonly Option<int> SaltBytes = Opt.Integer("identity", "salt_bytesize", 16, "Bytes of salt of scrypt and pbkdf2_sha512.", 0, 96);
    public static readonly Option<int> ScryptBlockSize = Opt.Integer("identity", "scrypt_block_size", ScryptHash.DefaultBlockSize, "scrypt's r.", 1, 1024);
    public static readonly Option<int> ScryptParallelism = Opt.Integer("identity", "scrypt_parallelism", ScryptHash.DefaultParallelism, "scrypt's p.", 1, 1024);

    public static IReadOnlyList<Option> All { get; } = [Algorithm, Rounds, SaltBytes, ScryptBlockSize, ScryptParallelism];

    /// <summary>How new passwords are hashed.</summary>
    /// <exception cref="ConfigException">The rounds are none that the algorithm can have.</exception>
    public static IPasswordHash Configured(ServiceConfig config)
    {
        var salt = config.Get(SaltBytes) is > 0 and var bytes ? bytes : SaltBytes.Fallback;
        return config.Get(Algorithm) switch
        {
            "bcrypt_sha256" => new BcryptSha256Hash(Cost(config, BcryptHash.DefaultRounds, 4, 31)),
            "scrypt" => new ScryptHash(Cost(config, ScryptHash.DefaultCost, 1, 31), config.Get(ScryptBlockSize), config.Get(ScryptParallelism), salt),
            "pbkdf2_sha512" => new Pbkdf2Hash(Cost(config, Pbkdf2Hash.DefaultRounds, 1, int.MaxValue), salt),
            _ => new BcryptHash(Cost(config, BcryptHash.DefaultRounds, 4, 31)),
        };
    }

    private static int Cost(ServiceConfig config, int unset, int least, int most) => config.Get(Rounds) switch
    {
        0 => unset,
        var rounds when rounds >= least && rounds <= most => rounds,
        _ => throw new ConfigException($"{config.Describe(Rounds)}: expected an integer from {least} to {most} with {config.Get(Algorithm)}."),
    };
}

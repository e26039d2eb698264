// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Tokens;
using Meridian.Platform.Config;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Manage;

/// <summary>What <c>keystone-manage doctor</c> looks for.</summary>
internal static class Doctor
{
    private const UnixFileMode World = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public static async Task<IReadOnlyList<string>> ExamineAsync(ServiceConfig config, Func<Database> database, CancellationToken cancellationToken)
    {
        var symptoms = new List<string>();
        var keys = IdentityService.FernetKeys(config);
        ExamineKeys(keys, IdentityOptions.FernetKeys, "fernet_setup", symptoms);
        ExamineKeys(new(config.Get(IdentityOptions.CredentialKeys)!, 3), IdentityOptions.CredentialKeys, "credential_setup", symptoms);
        try
        {
            var state = await Schema.CheckAsync(database(), typeof(IdentityService).Assembly, cancellationToken);
            if (!state.IsCurrent)
            {
                symptoms.Add($"symptom_database_schema_is_not_current: the schema is at {state.Applied}, this program needs {state.Known}; run keystone-manage db_sync.");
            }
        }
        catch (System.Data.Common.DbException exception)
        {
            symptoms.Add($"symptom_database_is_not_reachable: {exception.Message}");
        }

        return symptoms;
    }

    private static void ExamineKeys(FernetKeyRepository keys, Option option, string remedy, List<string> symptoms)
    {
        if (keys.LoadKeys().Count == 0)
        {
            symptoms.Add($"symptom_keys_in_{option.Section}_key_repository: {keys.Path} has no keys; run keystone-manage {remedy}.");
            return;
        }

        foreach (var file in keys.Files().Where(f => (File.GetUnixFileMode(f) & World) != UnixFileMode.None))
        {
            symptoms.Add($"symptom_usability_of_{option.Section}_key_repository: {file} is open to everybody; take others' rights away.");
        }
    }
}

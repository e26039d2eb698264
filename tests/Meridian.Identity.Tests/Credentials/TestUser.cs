// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tests.Credentials;

/// <summary>A user whom no other test knows, member of a project of his own.</summary>
public sealed record TestUser(string Name, string Id, string Project, string ProjectId, string Token)
{
    public static async Task<TestUser> CreateAsync(IdentityApi api, params string[] roles)
    {
        var (name, project) = (IdentityApi.Unique("user"), IdentityApi.Unique("project"));
        var (id, projectId) = await api.Keystone.CreateUserAsync(name, "pw", project, roles is [] ? ["member"] : roles);
        return new(name, id, project, projectId, await api.Keystone.TokenAsync(name, "pw", project));
    }
}

// SPDX-License-Identifier: Apache-2.0
using Meridian.Image.Images;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

namespace Meridian.Image;

/// <summary>Rules and today's defaults. Source: glance policy reference.</summary>
internal static class ImagePolicies
{
    private const string Admin = "rule:context_is_admin";
    private const string Owner = "project_id:%(project_id)s";
    private const string Visible = "(project_id:%(project_id)s or project_id:%(member_id)s or 'community':%(visibility)s or 'public':%(visibility)s or 'shared':%(visibility)s)";

    public static readonly PolicyRule Add = Rule("add_image", $"{Admin} or (role:member and {Owner} and project_id:%(owner)s)", "Create an image.");
    public static readonly PolicyRule Delete = Rule("delete_image", $"{Admin} or (role:member and {Owner})", "Delete an image.");
    public static readonly PolicyRule Get = Rule("get_image", $"{Admin} or (role:reader and {Visible})", "Show an image.");
    public static readonly PolicyRule List = Rule("get_images", $"{Admin} or (role:reader and {Owner})", "List images.");
    public static readonly PolicyRule Modify = Rule("modify_image", $"{Admin} or (role:member and {Owner})", "Change an image.");
    public static readonly PolicyRule Publicize = Rule("publicize_image", Admin, "Make an image public.");
    public static readonly PolicyRule Communitize = Rule("communitize_image", $"{Admin} or (role:member and {Owner})", "Make an image a community one.");
    public static readonly PolicyRule Download = Rule("download_image", $"{Admin} or (role:member and {Visible})", "Download an image's data.");
    public static readonly PolicyRule Upload = Rule("upload_image", $"{Admin} or (role:member and {Owner})", "Upload an image's data.");
    public static readonly PolicyRule Deactivate = Rule("deactivate", $"{Admin} or (role:member and {Owner})", "Deactivate an image.");
    public static readonly PolicyRule Reactivate = Rule("reactivate", $"{Admin} or (role:member and {Owner})", "Reactivate an image.");
    public static readonly PolicyRule AddMember = Rule("add_member", $"{Admin} or (role:member and {Owner})", "Share an image with a project.");
    public static readonly PolicyRule DeleteMember = Rule("delete_member", $"{Admin} or (role:member and {Owner})", "End sharing with a project.");
    public static readonly PolicyRule GetMember = Rule("get_member", $"{Admin} or role:reader and ({Owner} or project_id:%(member_id)s)", "Show a member.");
    public static readonly PolicyRule ListMembers = Rule("get_members", $"{Admin} or role:reader and ({Owner} or project_id:%(member_id)s)", "List members.");
    public static readonly PolicyRule ModifyMember = Rule("modify_member", $"{Admin} or (role:member and project_id:%(member_id)s)", "Accept or reject an image.");
    public static readonly PolicyRule GetTasks = Rule("get_tasks", Admin, "List tasks.");

    public static IReadOnlyList<PolicyRule> All { get; } =
    [
        new("default", "", "Default of rules that are not named."), new("context_is_admin", "role:admin", "Who is an administrator."),
        new("service_api", "role:service or role:admin", "Default rule for the service-to-service API."),
        Add, Delete, Get, List, Modify, Publicize, Communitize, Download, Upload, Deactivate, Reactivate, AddMember, DeleteMember, GetMember, ListMembers,
        ModifyMember, GetTasks,
    ];

    /// <summary>403 in glance's words.</summary>
    public static ApiException Denied(PolicyRule rule) => new(403, $"You are not authorized to complete {rule.Name} action.");

    /// <summary>What a rule is asked about: the image, and whether the asking project is a member of it.</summary>
    public static PolicyTarget Target(ImageRecord image, RequestContext context) => new(
        projectId: image.Row.Owner,
        attributes: new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["owner"] = image.Row.Owner, ["visibility"] = image.Row.Visibility, ["member_id"] = image.SharedWithAsker ? context.ProjectId : null,
        });

    /// <exception cref="ApiException">403; 404 where the asker may not even see the image.</exception>
    public static void RequireOn(this IPolicyEnforcer policy, RequestContext context, PolicyRule rule, ImageRecord image)
    {
        var target = Target(image, context);
        if (!policy.Allows(context, Get, target))
        {
            throw new ApiException(404, "");
        }

        policy.Require(context, rule, target);
    }

    /// <exception cref="ApiException">403: this visibility is not the asker's to give.</exception>
    public static void RequireVisibility(this IPolicyEnforcer policy, RequestContext context, string? visibility, PolicyTarget target)
    {
        if (visibility is "public" or "community")
        {
            policy.Require(context, visibility == "public" ? Publicize : Communitize, target);
        }
    }

    private static PolicyRule Rule(string name, string check, string description) => new(name, check, description, ["project"]);
}

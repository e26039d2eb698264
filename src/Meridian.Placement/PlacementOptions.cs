// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Placement;

/// <summary>[placement_database]. Source: placement configuration reference.</summary>
public static class PlacementDatabaseOptions
{
    public static readonly Option<string?> Connection = Opt.Text(
        "placement_database", "connection", null, "SQLAlchemy URL of placement's database.", secret: true, deprecated: ["database.connection"]);

    public static IReadOnlyList<Option> All { get; } = [Connection];
}

/// <summary>[placement], [api] and the listener's options. Source: placement configuration reference; the listener's are Meridian's own.</summary>
public static class PlacementOptions
{
    public static readonly Option<string?> BindHost = Opt.Text("DEFAULT", "bind_host", "0.0.0.0", "Address that the API listens on.");
    public static readonly Option<int> BindPort = Opt.Port("DEFAULT", "bind_port", 8778, "Port that the API listens on.");
    public static readonly Option<string> AuthStrategy = Opt.Choice("api", "auth_strategy", "keystone", "How requests are authenticated.", ["keystone"]);
    public static readonly Option<bool> RandomizeAllocationCandidates = Opt.Boolean(
        "placement", "randomize_allocation_candidates", false, "Answer candidates in random order, so that a limit picks at random.");
    public static readonly Option<string?> IncompleteConsumerProjectId = Opt.Text(
        "placement", "incomplete_consumer_project_id", "00000000-0000-0000-0000-000000000000", "Project of consumers made before API version 1.8.");
    public static readonly Option<string?> IncompleteConsumerUserId = Opt.Text(
        "placement", "incomplete_consumer_user_id", "00000000-0000-0000-0000-000000000000", "User of consumers made before API version 1.8.");
    public static readonly Option<int> AllocationConflictRetryCount = Opt.Integer(
        "placement", "allocation_conflict_retry_count", 10, "How often a claim that lost against another one is tried again here.", 0);
    public static readonly Option<int> MaxAllocationCandidates = Opt.Integer(
        "placement", "max_allocation_candidates", -1, "The most candidates made for one request; -1 for no bound.", -1);
    public static readonly Option<string> CandidatesGenerationStrategy = Opt.Choice(
        "placement", "allocation_candidates_generation_strategy", "depth-first", "All candidates of a tree first, or one of each tree in turn.", ["depth-first", "breadth-first"]);

    public static IReadOnlyList<Option> All { get; } =
    [
        BindHost, BindPort, AuthStrategy, RandomizeAllocationCandidates, IncompleteConsumerProjectId, IncompleteConsumerUserId,
        AllocationConflictRetryCount, MaxAllocationCandidates, CandidatesGenerationStrategy,
    ];

    /// <summary>What operators still write and what became of it.</summary>
    public static IReadOnlyList<RetiredOption> Retired { get; } =
    [
        new("placement_database", "sync_on_startup", "a service never changes its schema by itself: run placement-manage db sync"),
        new("workarounds", "optimize_for_wide_provider_trees", "candidates are searched in memory, whatever the shape of the trees"),
    ];
}

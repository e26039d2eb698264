// SPDX-License-Identifier: Apache-2.0
using System.Text.Json.Serialization;

using Meridian.Compute.Agent;
using Meridian.Compute.Drivers;
using Meridian.Compute.Scheduling;
using Meridian.Compute.Servers;

namespace Meridian.Compute;

/// <summary>What is stored or sent over the bus as JSON. Members are only ever added, and optional (DESIGN 6).</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(List<string>))]
[JsonSerializable(typeof(ServerFlavor))]
[JsonSerializable(typeof(List<RequestedNetwork>))]
[JsonSerializable(typeof(List<ServerInterface>))]
[JsonSerializable(typeof(ServerFault))]
[JsonSerializable(typeof(HypervisorInfo))]
[JsonSerializable(typeof(CreateServer))]
[JsonSerializable(typeof(DeleteServer))]
[JsonSerializable(typeof(PowerServer))]
[JsonSerializable(typeof(SelectHost))]
[JsonSerializable(typeof(SelectedHost))]
[JsonSerializable(typeof(BuildGuest))]
[JsonSerializable(typeof(GuestRef))]
[JsonSerializable(typeof(GuestPower))]
[JsonSerializable(typeof(ReadConsole))]
[JsonSerializable(typeof(ConsoleText))]
[JsonSerializable(typeof(HostRef))]
[JsonSerializable(typeof(HostReports))]
[JsonSerializable(typeof(ExpectedGuests))]
[JsonSerializable(typeof(HostContents))]
internal sealed partial class ComputeJson : JsonSerializerContext;

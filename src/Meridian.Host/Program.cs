// SPDX-License-Identifier: Apache-2.0
using Meridian.Host.Programs;
using Meridian.Host.Verbs;

var name = ProgramName.Current();
return ProgramTable.Find(name) is { } program
    ? await program.RunAsync(name, args)
    : await MeridianCommand.RunAsync(args);

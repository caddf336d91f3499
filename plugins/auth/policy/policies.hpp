// policies.hpp: authorization as a library: who may do what with which record, why, and which rows a list may show.
// Knows no plugin, no storage and no HTTP; docs/policies.md is for those who write policies, docs/design/policy.md says
// how it works.
//
//   Diagnostics diagnostics;
//   DirectoryPtr directory = Directory::read(roles, units, diagnostics);     // directory.hpp
//   PolicyPtr policy = Policy::read(source, diagnostics);                    // policy.hpp
//   Result<BoundPtr> bound = Bound::bind(directory, {policy}, "forms/leave", types);   // bound.hpp: compiled, shared
//   Subject subject = Subject::of(tenant, principal, claims);                // subject.hpp
//   Asker asker(*bound, subject);                                            // asker.hpp: one thread
//   Decision decision = asker.decide({.action = "delete", .record = envelope, .now_seconds = now});
//   Filter filter = asker.filter({.action = "read", .now_seconds = now});    // storage/1 predicate + CEL remainder
//   std::string why = asker.explain({.action = "delete", .record = envelope});
//   std::string answer = compile_answer(source, false);                      // model.hpp: kind `policies`
#pragma once

#include "policy/asker.hpp"
#include "policy/bound.hpp"
#include "policy/diagnostic.hpp"
#include "policy/directory.hpp"
#include "policy/local_text.hpp"
#include "policy/model.hpp"
#include "policy/names.hpp"
#include "policy/policy.hpp"
#include "policy/room.hpp"
#include "policy/subject.hpp"

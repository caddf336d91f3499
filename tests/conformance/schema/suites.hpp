// suites.hpp: what each suite's judge does with its folder. Used by conformance_schema only.
#pragma once

#include "suite/suite.hpp"

namespace suites {

using conformance::json_files;
using conformance::read_file;
using conformance::Tally;

void run_jsonschema(const std::filesystem::path& folder, Tally& tally);
void run_schema_bench(const std::filesystem::path& folder, Tally& tally);
void run_schema_compat(const std::filesystem::path& folder, Tally& tally);

}  // namespace suites

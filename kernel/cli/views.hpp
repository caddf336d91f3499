// views.hpp: the kernel's JSON as tables for people, one function per kind of answer. A member that is not there shows
// as "-", so that an older or newer kernel's answer still reads. Pure; any thread. Each text ends with a line end.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "socle/json/view.hpp"

namespace socle::cli {

// plugins
[[nodiscard]] std::string view_plugins(json::View answer, bool colour);
[[nodiscard]] std::string view_plugin(json::View answer, bool colour);
[[nodiscard]] std::string view_report(json::View answer, bool colour);

// system
[[nodiscard]] std::string view_status(json::View answer, bool colour);
[[nodiscard]] std::string view_doctor(json::View answer, bool colour);

// tenants
[[nodiscard]] std::string view_tenants(json::View answer, bool colour);
[[nodiscard]] std::string view_tenant(json::View answer, bool colour);

// What `top` saw last time; without it there is no rate.
struct TopSample {
  std::chrono::steady_clock::time_point at;
  std::map<std::int64_t, std::int64_t> calls;  // by generation
};
[[nodiscard]] TopSample sample_of(json::View answer, std::chrono::steady_clock::time_point now);
[[nodiscard]] std::string view_top(json::View answer, const TopSample* before, const TopSample& now, bool colour);

// changes: `planned` for plan, else what apply did.
[[nodiscard]] std::string view_changes(json::View answer, bool planned, bool colour);

// explanations
[[nodiscard]] std::string view_explained_call(json::View answer, bool colour);
[[nodiscard]] std::string view_explained_access(json::View answer, bool colour);
[[nodiscard]] std::string view_explained_plugin(json::View answer, bool colour);

// Any flat answer: "name   value" lines, lists below their name.
[[nodiscard]] std::string view_facts(json::View answer, bool colour);

}  // namespace socle::cli

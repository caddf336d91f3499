// choices.hpp: the words of every enumeration in the manifests; parse_value<Home>("cell") and Text<Home>::print() use
// them too. Any thread.
#pragma once

#include <array>

#include "manifest/plugin_manifest.hpp"
#include "manifest/system_manifest.hpp"
#include "manifest/text.hpp"

namespace socle::manifest {

template <>
struct Choices<Home> {
  static constexpr std::array<Choice<Home>, 2> table{{{Home::cell, "cell"}, {Home::kernel, "kernel"}}};
};
template <>
struct Choices<CellSharing> {
  static constexpr std::array<Choice<CellSharing>, 3> table{
      {{CellSharing::shared, "shared"}, {CellSharing::per_plan, "per-plan"}, {CellSharing::per_tenant, "per-tenant"}}};
};
template <>
struct Choices<State> {
  static constexpr std::array<Choice<State>, 3> table{
      {{State::none, "none"}, {State::cache, "cache"}, {State::exclusive, "exclusive"}}};
};
template <>
struct Choices<Affinity> {
  static constexpr std::array<Choice<Affinity>, 2> table{{{Affinity::any, "any"}, {Affinity::one, "one"}}};
};
template <>
struct Choices<HttpMethod> {
  static constexpr std::array<Choice<HttpMethod>, 7> table{{{HttpMethod::get, "GET"},
                                                            {HttpMethod::post, "POST"},
                                                            {HttpMethod::put, "PUT"},
                                                            {HttpMethod::patch, "PATCH"},
                                                            {HttpMethod::delete_, "DELETE"},
                                                            {HttpMethod::head, "HEAD"},
                                                            {HttpMethod::options, "OPTIONS"}}};
};
template <>
struct Choices<RouteHeaders> {
  static constexpr std::array<Choice<RouteHeaders>, 2> table{
      {{RouteHeaders::standard, "standard"}, {RouteHeaders::all, "all"}}};
};
template <>
struct Choices<ParamSource> {
  static constexpr std::array<Choice<ParamSource>, 2> table{
      {{ParamSource::path, "path"}, {ParamSource::query, "query"}}};
};
template <>
struct Choices<ParamType> {
  static constexpr std::array<Choice<ParamType>, 4> table{{{ParamType::string, "string"},
                                                           {ParamType::integer, "integer"},
                                                           {ParamType::number, "number"},
                                                           {ParamType::boolean, "boolean"}}};
};
template <>
struct Choices<FilterFail> {
  static constexpr std::array<Choice<FilterFail>, 2> table{
      {{FilterFail::closed, "closed"}, {FilterFail::open, "open"}}};
};
template <>
struct Choices<FilterPhase> {
  static constexpr std::array<Choice<FilterPhase>, 2> table{
      {{FilterPhase::before, "before"}, {FilterPhase::after, "after"}}};
};
template <>
struct Choices<ChannelMode> {
  static constexpr std::array<Choice<ChannelMode>, 3> table{{{ChannelMode::buffered, "buffered"},
                                                             {ChannelMode::rendezvous, "rendezvous"},
                                                             {ChannelMode::broadcast, "broadcast"}}};
};
template <>
struct Choices<ConfigType> {
  static constexpr std::array<Choice<ConfigType>, 10> table{{{ConfigType::string, "string"},
                                                             {ConfigType::integer, "integer"},
                                                             {ConfigType::number, "number"},
                                                             {ConfigType::boolean, "boolean"},
                                                             {ConfigType::duration, "duration"},
                                                             {ConfigType::size, "size"},
                                                             {ConfigType::path, "path"},
                                                             {ConfigType::enumeration, "enum"},
                                                             {ConfigType::list, "list"},
                                                             {ConfigType::map, "map"}}};
};
template <>
struct Choices<ListenerRole> {
  static constexpr std::array<Choice<ListenerRole>, 2> table{
      {{ListenerRole::http, "http"}, {ListenerRole::ops, "ops"}}};
};
template <>
struct Choices<LogLevel> {
  static constexpr std::array<Choice<LogLevel>, 4> table{
      {{LogLevel::debug, "debug"}, {LogLevel::info, "info"}, {LogLevel::warn, "warn"}, {LogLevel::error, "error"}}};
};
template <>
struct Choices<LogFormat> {
  static constexpr std::array<Choice<LogFormat>, 3> table{
      {{LogFormat::automatic, "auto"}, {LogFormat::json, "json"}, {LogFormat::text, "text"}}};
};

}  // namespace socle::manifest

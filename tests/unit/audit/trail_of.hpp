// trail_of.hpp: what the tests of the trail share: entries, an open trail, bytes of its files.
#pragma once

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "socle/audit/find.hpp"
#include "socle/audit/trail.hpp"
#include "socle/audit/verify.hpp"
#include "support/temp_dir.hpp"

namespace socle::audit {

inline Entry event(const std::string& tenant, const std::string& operation, int number, std::size_t padding = 0) {
  Entry out;
  out.time_ns = 1'000'000'000LL * number;
  out.tenant = tenant;
  out.trace = "trace" + std::to_string(number);
  out.target = "notes/" + std::to_string(number % 7);
  out.origin = {1, static_cast<std::uint64_t>(number), 0};
  out.json = R"({"tenant":")" + tenant + R"(","operation":")" + operation + R"(","trace":")" + out.trace +
             R"(","target":")" + out.target + R"(","n":)" + std::to_string(number) + R"(,"pad":")" +
             std::string(padding, 'x') + "\"}";
  return out;
}

inline std::unique_ptr<Trail> open_trail(const std::string& directory, std::uint64_t segment_bytes = 1 << 20) {
  auto opened = Trail::open(directory, {segment_bytes});
  INFO((opened ? std::string() : opened.error().message));
  REQUIRE(opened);
  return std::move(*opened);
}

inline void add(Trail& trail, int from, int to, std::size_t padding = 0) {
  std::vector<Entry> entries;
  for (int i = from; i < to; ++i) entries.push_back(event(i % 3 == 0 ? "acme" : "beta", "write", i, padding));
  REQUIRE(trail.append(entries));
}

inline std::string bytes_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}
inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace socle::audit

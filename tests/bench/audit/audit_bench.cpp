// audit_bench DIRECTORY: entries a second into the trail (groups of 100, each synced), verification, and finding one
// entry by its trace. Medians of five runs after one to warm up; entries of 500 bytes.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "socle/audit/find.hpp"
#include "socle/audit/trail.hpp"
#include "socle/audit/verify.hpp"

namespace {

using namespace socle::audit;

double median_seconds(const std::function<void()>& work) {
  std::vector<double> runs;
  for (int i = 0; i < 6; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    work();
    if (i > 0) runs.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  }
  std::sort(runs.begin(), runs.end());
  return runs[runs.size() / 2];
}

Entry entry_of(int number) {
  Entry out;
  out.time_ns = number;
  out.tenant = "tenant" + std::to_string(number % 100);
  out.trace = "trace" + std::to_string(number);
  out.target = "records/" + std::to_string(number % 1000);
  out.json = R"({"tenant":")" + out.tenant + R"(","operation":"records.write","trace":")" + out.trace +
             R"(","target":")" + out.target + R"(","pad":")" + std::string(380, 'x') + "\"}";
  return out;
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    std::fprintf(stderr, "usage: audit_bench DIRECTORY\n");
    return 2;
  }
  const std::string directory = std::string(words[1]) + "/audit-bench";
  auto trail = Trail::open(directory);
  if (!trail) {
    std::fprintf(stderr, "audit_bench: %s\n", trail.error().message.c_str());
    return 1;
  }
  constexpr int group = 100, groups = 200;
  int number = 0;
  const double append = median_seconds([&] {
    for (int i = 0; i < groups; ++i) {
      std::vector<Entry> entries;
      for (int j = 0; j < group; ++j) entries.push_back(entry_of(++number));
      if (!(*trail)->append(entries)) std::exit(1);
    }
  });
  std::printf("audit_bench append  groups of %d entries of 500 bytes, synced: %.0f entries/s, %.1f us an entry\n",
              group, group * groups / append, append * 1e6 / (group * groups));
  Report report;
  const double verify = median_seconds([&] { report = verify_trail(directory); });
  if (report.finding) return 1;
  std::printf("audit_bench verify  %llu entries: %.0f entries/s, %.0f MB/s\n",
              static_cast<unsigned long long>(report.last), static_cast<double>(report.last) / verify,
              static_cast<double>(report.bytes) / verify / 1e6);
  Question question;
  question.trace = "trace5000";
  std::size_t found = 0;
  const double find = median_seconds([&] { found = find_entries(directory, question)->entries.size(); });
  std::printf("audit_bench find    one of %llu entries by its trace: %.2f ms (found %zu)\n",
              static_cast<unsigned long long>(report.last), find * 1e3, found);
  trail->reset();
  std::filesystem::remove_all(directory);
  return found == 1 ? 0 : 1;
}

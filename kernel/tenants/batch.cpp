#include "tenants/batch.hpp"

#include <unordered_map>

#include "manifest/names.hpp"
#include "manifest/problems.hpp"

namespace socle::tenants {
namespace {
constexpr size_t told = 10;
constexpr size_t max_line = 8192;
}  // namespace

void Problems::add(size_t line, std::string_view what) {
  if (++count_ > told) return;
  if (!text_.empty()) text_ += '\n';
  text_ += file_ + " line " + std::to_string(line) + ": ";
  text_ += what;
}

Error Problems::error() const {
  std::string text = text_;
  if (count_ > told) text += "\nand " + std::to_string(count_ - told) + " more";
  return {Code::invalid, text + "\nno tenant was created"};
}

std::string id_problem(std::string_view id) {
  if (manifest::is_tenant_id(id)) return {};
  return "expected a tenant id (lower-case letters, digits and '-' inside, at most 63), found " +
         manifest::in_quotes(id);
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  constexpr std::string_view blanks = " \t\r";
  for (size_t at = line.find_first_not_of(blanks); at != std::string_view::npos;) {
    const size_t end = std::min(line.find_first_of(blanks, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(blanks, end);
  }
  return words;
}

std::string journal_line(std::string_view id, const Settings& own, bool deleting) {
  std::string line = "+ " + std::string(id);
  if (deleting) {
    line += " state=deleting";
  } else if (own.suspended) {
    line += *own.suspended ? " state=suspended" : " state=active";
  }
  return line + own.words();
}

Result<std::vector<BatchEntry>> parse_batch(std::string_view text, const std::string& name,
                                            const std::optional<std::string>& fallback) {
  std::vector<BatchEntry> entries;
  std::unordered_map<std::string_view, size_t> lines;
  Problems problems(name);
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.size() > max_line) {
      problems.add(number,
                   "the line has " + std::to_string(line.size()) + " bytes, allowed are " + std::to_string(max_line));
      continue;
    }
    const auto words = words_of(line);
    if (words.empty() || words[0][0] == '#') continue;
    if (entries.size() == max_batch) {
      problems.add(number, "a file has at most " + std::to_string(max_batch) + " tenants; divide it");
      break;
    }
    BatchEntry entry{words[0], {}, number};
    entry.settings.plan = fallback;
    if (const std::string wrong = id_problem(entry.id); !wrong.empty()) problems.add(number, wrong);
    for (size_t i = 1; i < words.size(); ++i) {
      if (auto taken = entry.settings.take(words[i]); !taken) problems.add(number, taken.error().message);
    }
    if (const auto [first, fresh] = lines.emplace(entry.id, number); !fresh)
      problems.add(number,
                   "tenant '" + std::string(entry.id) + "' stands in line " + std::to_string(first->second) + " too");
    entries.push_back(std::move(entry));
  }
  if (problems.any()) return problems.error();
  return entries;
}

}  // namespace socle::tenants

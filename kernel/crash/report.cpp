#include "crash/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>

#include "base/file.hpp"
#include "telemetry/clock.hpp"
#include "telemetry/log.hpp"

namespace socle::crash {
namespace {

namespace fs = std::filesystem;

constexpr size_t report_limit = 64 * 1024;

template <size_t N>
std::string text_of(const char (&room)[N]) {
  std::string text(room, strnlen(room, N));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < 0x20 || c == 0x7F; }, '?');
  return text;
}

struct Mapping {
  uint64_t begin, end, base;  // base: where the module's first byte lies
  std::string_view path;
};

uint64_t take_hex(std::string_view& line) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value, 16);
  line.remove_prefix(static_cast<size_t>(end - line.data()));
  if (!line.empty()) line.remove_prefix(1);  // the '-' or blank behind it
  return error == std::errc() ? value : 0;
}

// Lines "begin-end perms offset device inode   path" of /proc/PID/maps; what does not look so is left out.
std::vector<Mapping> mappings_of(std::string_view maps) {
  std::vector<Mapping> out;
  std::map<std::string_view, uint64_t> bases;
  while (!maps.empty()) {
    std::string_view line = maps.substr(0, maps.find('\n'));
    maps.remove_prefix(std::min(maps.size(), line.size() + 1));
    const size_t slash = line.find('/');
    if (slash == std::string_view::npos) continue;
    const std::string_view path = line.substr(slash);
    const uint64_t begin = take_hex(line);
    const uint64_t end = take_hex(line);
    bases.emplace(path, begin);  // the lowest comes first
    out.push_back({begin, end, bases[path], path});
  }
  return out;
}

std::string place(uint64_t address, const std::vector<Mapping>& mappings) {
  for (const Mapping& m : mappings) {
    if (address < m.begin || address >= m.end) continue;
    std::string module(m.path.substr(m.path.rfind('/') + 1).substr(0, 128));
    return fmt::format("{}+{:#x}", module, address - m.base);
  }
  return fmt::format("{:#x}", address);
}

// A name fit for a file: what a box says may be anything.
std::string file_part(std::string_view plugin) {
  std::string out(plugin.substr(0, 64));
  for (char& c : out) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) c = '_';
  }
  return out.empty() ? "unknown" : out;
}

std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".json") out.push_back(it->path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

std::string signal_name(int signal) {
  const char* name = sigabbrev_np(signal);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

void read(const BlackBox& box, Report& report) {
  if (box.stage.load(std::memory_order_acquire) == BlackBox::empty) return;
  report.address = box.address;
  report.thread = box.thread;
  report.plugin = text_of(box.plugin);
  report.version = text_of(box.version);
  report.method = text_of(box.method);
  report.tenant = text_of(box.tenant);
  report.generation = box.generation;
  report.input_size = box.input_size;
  report.input_hash = box.input_hash;
  // Copied before it is looked at: the writer may still live and be hostile.
  const std::string maps(box.maps, std::min<size_t>(box.maps_size, BlackBox::maps_room));
  const std::vector<Mapping> mappings = mappings_of(maps);
  const size_t frames = std::min<size_t>(box.frames, BlackBox::most_frames);
  for (size_t i = 0; i < frames; ++i) report.stack.push_back(place(box.stack[i], mappings));
}

std::string to_json(const Report& r) {
  std::string out = "{";
  const auto raw = [&out](std::string_view key, std::string_view value) {
    out.append(out.size() > 1 ? ",\"" : "\"").append(key).append("\":").append(value);
  };
  const auto text = [&raw](std::string_view key, std::string_view value) {
    std::string quoted = "\"";
    telemetry::append_json_escaped(quoted, value);
    raw(key, quoted + "\"");
  };
  text("time", telemetry::iso8601(r.at));
  text("process", r.process);
  raw("pid", std::to_string(r.pid));
  if (r.signal != 0) {
    text("signal", signal_name(r.signal));
  } else {
    raw("exit_code", std::to_string(r.exit_code));
  }
  text("reason", r.reason);
  text("plugin", r.plugin);
  text("version", r.version);
  raw("generation", std::to_string(r.generation));
  text("method", r.method);
  text("tenant", r.tenant);
  raw("input_size", std::to_string(r.input_size));
  if (r.input_sha256.empty()) {
    text("input_fnv1a", fmt::format("{:016x}", r.input_hash));
  } else {
    text("input_sha256", r.input_sha256);
  }
  text("address", fmt::format("{:#x}", r.address));
  raw("thread", std::to_string(r.thread));
  std::string stack = "[";
  for (const std::string& frame : r.stack) {
    stack += stack.size() > 1 ? ",\"" : "\"";
    telemetry::append_json_escaped(stack, frame);
    stack += '"';
  }
  raw("stack", stack + "]");
  return out + "}";
}

Result<fs::path> keep(const fs::path& data, const Report& report) {
  const fs::path folder = data / "crashes";
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return Error{Code::unavailable, "crash folder " + folder.string() + ": " + error.message()};
  const fs::path file = folder / fmt::format("{:020}-{}-{}.json", report.at, report.process, file_part(report.plugin));
  if (auto written = base::write_file_atomic(file, to_json(report) + "\n", 0600); !written)
    return std::move(written).error();
  const std::vector<fs::path> all = files_of(folder);
  for (size_t i = 0; i + reports_kept < all.size(); ++i) fs::remove(all[i], error);
  return file;
}

std::optional<std::string> last_of(const fs::path& data, std::string_view plugin) {
  const std::vector<fs::path> all = files_of(data / "crashes");
  for (auto it = all.rbegin(); it != all.rend(); ++it) {
    const std::string name = it->stem().string();
    const size_t time_and_process = name.find('-', name.find('-') + 1);
    if (time_and_process == std::string::npos || name.substr(time_and_process + 1) != file_part(plugin)) continue;
    auto text = base::read_file(*it, report_limit);
    if (!text) continue;
    while (!text->empty() && text->back() == '\n') text->pop_back();
    return std::move(*text);
  }
  return std::nullopt;
}

}  // namespace socle::crash

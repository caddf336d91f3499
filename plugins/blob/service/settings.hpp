// settings.hpp: the plugin's configuration, read once.
#pragma once

#include <socle/plugin.hpp>

#include <string>
#include <vector>

namespace socle::blob {

struct Settings {
  explicit Settings(const Config& config)
      : directory(config.get<std::string>("directory", "files")),
        types(config.get<std::vector<std::string>>("types", {})),
        max_size(config.get<std::uint64_t>("max_size", std::uint64_t{256} << 20)),
        grace(config.get<std::int64_t>("grace", 86'400'000'000'000)),
        sweep(config.get<std::int64_t>("sweep", 600'000'000'000)) {}

  std::string directory;
  std::vector<std::string> types;
  std::uint64_t max_size;
  Duration grace, sweep;
};

}  // namespace socle::blob

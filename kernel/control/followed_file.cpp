#include "control/followed_file.hpp"

#include <algorithm>
#include <utility>

#include "base/file.hpp"
#include "telemetry/clock.hpp"
#include "telemetry/log.hpp"

namespace socle::control {
namespace {

bool passes(Code code) {
  return code == Code::conflict || code == Code::unavailable || code == Code::deadline || code == Code::exhausted;
}

}  // namespace

FollowedFile::FollowedFile(const manifest::SystemManifest& running, Apply apply, Clock clock)
    : running_(running),
      apply_(std::move(apply)),
      clock_(clock ? std::move(clock) : [] { return std::chrono::nanoseconds(telemetry::monotonic_now()); }) {
  if (const auto now = base::read_file(running_.file, limit); now) text_ = *now;
}

bool FollowedFile::look() {
  const auto seen = manifest::look_at(running_.file);
  if (!seen || (seen_ && *seen == *seen_)) return look_settled(seen.has_value());
  seen_ = *seen;
  settled_ = false;
  again_.reset();
  return true;
}

bool FollowedFile::look_settled(bool there) {
  if (!there) return false;
  if (settled_) {
    if (!again_) return false;
    return clock_() < *again_ ? true : judge(apply());
  }
  if (base::is_being_written(running_.file)) return true;
  settled_ = true;
  auto now = base::read_file(running_.file, limit);
  if (!now || *now == text_) return false;
  text_ = std::move(*now);
  pause_ = first_pause;
  return judge(apply());
}

Status FollowedFile::apply() const {
  auto next = manifest::load_system_manifest(running_.file);
  if (!next) {
    telemetry::Log::get().write(telemetry::Level::error,
                                "the changed system manifest is not taken: " + next.error().message);
    return Error{Code::invalid, next.error().message};
  }
  manifest::lay_over(*next, running_.overrides);
  return apply_(*next);
}

bool FollowedFile::judge(const Status& applied) {
  again_.reset();
  if (applied || !passes(applied.error().code)) return false;
  again_ = clock_() + pause_;
  telemetry::Log::get().write(telemetry::Level::warn,
                              "the changed system manifest is refused for now and applied again",
                              {{"code", to_string(applied.error().code)},
                               {"seconds", std::to_string(std::chrono::ceil<std::chrono::seconds>(pause_).count())}});
  pause_ = std::min<std::chrono::nanoseconds>(2 * pause_, longest_pause);
  return true;
}

}  // namespace socle::control

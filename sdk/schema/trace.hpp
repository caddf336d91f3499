// trace.hpp: what the machine tells while it runs. Silent compiles to nothing: it serves valid(). Recorder builds the
// report of check(): it follows the way of evaluation and the place in the instance, and turns violations into faults.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "program.hpp"

namespace socle::schema {

using Params = std::vector<std::pair<std::string, std::string>>;

struct Silent {
  static constexpr bool records = false;
};

class Recorder {
 public:
  static constexpr bool records = true;
  Recorder(const Program& program, Collect collect) : program_(program), first_only_(collect == Collect::first) {}

  // False: the machine may stop at the first violation.
  [[nodiscard]] bool wants_all() const { return !first_only_; }
  // `member`: a child of the instance that is the one to correct, or nullptr.
  void fault(const Node& node, std::string_view keyword, std::string message, Params params = {},
             const std::string* member = nullptr);
  // A false schema: called by the name of the keyword that applied it.
  void never(const Node& node);

  // Faults of a branch are dropped by going back to where it began.
  [[nodiscard]] std::size_t position() const { return report_.faults.size(); }
  void rewind(std::size_t position);
  // The newest fault moves in front of those since `position`: a summary before its reasons.
  void lift(std::size_t position);
  void mark_limited(std::string_view what);
  Report take() { return std::move(report_); }

  // Extends the way of evaluation or the instance pointer for a scope.
  class Step {
   public:
    Step(Recorder& trace, std::string_view keyword);
    Step(Recorder& trace, std::string_view keyword, std::string_view name);
    Step(Recorder& trace, std::string_view keyword, std::size_t index);
    ~Step();
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Recorder& trace_;
    std::size_t size_;
    std::string_view before_;
  };
  class Child {
   public:
    Child(Recorder& trace, std::string_view name);
    Child(Recorder& trace, std::size_t index);
    ~Child() { trace_.instance_.resize(size_); }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

   private:
    Recorder& trace_;
    std::size_t size_;
  };

 private:
  const Program& program_;
  bool first_only_;
  std::string way_;
  std::string instance_;
  std::string_view keyword_;  // the last one stepped into
  Report report_;
};

}  // namespace socle::schema

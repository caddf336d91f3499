// A patch between two documents. Objects are compared member by member; of arrays the equal ends are set aside and the
// middles compared place by place. Wherever the operations would be longer than replacing the value, it is replaced.
//
// Hashes and sizes of containers are worked out once and remembered, so that unequal subtrees are told apart without
// walking them again at each level. Recursion is bounded by layout::max_depth.
#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "socle/json/builder.hpp"
#include "socle/json/compare.hpp"
#include "socle/json/patch.hpp"
#include "socle/json/pointer.hpp"

namespace socle::json {
namespace {

struct Operation {
  const char* name;
  std::string path;
  View value;  // absent for remove
};

// Of a value: a hash, to tell unequal ones apart, and about how long its text is.
struct Summary {
  std::uint64_t hash = 0;
  std::size_t size = 0;
};

// Summaries of containers are kept by their word, which stands for the same value wherever it occurs in a document.
class Summaries {
 public:
  Summary of(View value) {
    switch (value.kind()) {
      case Kind::array:
      case Kind::object: break;
      case Kind::string: return {hash(value), value.as_string().size() + 2};
      case Kind::null:
      case Kind::boolean: return {hash(value), 5};
      default: return {hash(value), value.number_text().size()};
    }
    if (const auto known = known_.find(value.word()); known != known_.end()) return known->second;
    Summary sum{value.is_array() ? 3u : 5u, 1 + std::max<std::size_t>(1, value.size())};
    for (View element : value.elements()) {
      const Summary inner = of(element);
      sum.hash = layout::fold(sum.hash ^ inner.hash, layout::hash_prime);
      sum.size += inner.size;
    }
    for (std::size_t i = 0; value.is_object() && i < value.size(); ++i) {
      const Summary inner = of(value.value_at(i));
      sum.hash += layout::fold(value.key_at(i).hash() ^ inner.hash, layout::hash_prime);
      sum.size += value.key_at(i).text().size() + 3 + inner.size;
    }
    known_.emplace(value.word(), sum);
    return sum;
  }

 private:
  std::unordered_map<std::uint64_t, Summary> known_;
};

class Differ {
 public:
  // Appends what turns `from` into `to` at path_. As soon as that costs more than replacing the value, it is replaced,
  // so that no more operations are ever held than about the size of the document.
  void compare(View from, View to) {
    if (same(from, to)) return;
    const std::size_t before = operations_.size();
    const std::size_t limit = spent_ + cost(right_.of(to).size);
    const std::size_t spent = spent_;
    const bool inside = (from.is_object() && to.is_object() && objects(from, to, limit)) ||
                        (from.is_array() && to.is_array() && arrays(from, to, limit));
    if (inside && spent_ <= limit) return;
    operations_.resize(before);
    spent_ = spent;
    emit("replace", to);
  }

  Document finish() {
    Builder out;
    out.begin_array();
    for (const auto& operation : operations_) {
      out.begin_object().member("op", operation.name).member("path", operation.path);
      if (operation.value) out.member("value", operation.value);
      out.end_object();
    }
    out.end_array();
    auto document = out.finish();
    return document ? *std::move(document) : Document();
  }

 private:
  // {"op":"replace","path":"","value":} and a comma
  [[nodiscard]] std::size_t cost(std::size_t value_size) const { return 36 + path_.size() + value_size; }
  bool same(View a, View b) { return left_.of(a).hash == right_.of(b).hash && equal(a, b); }

  void emit(const char* name, View value) {
    spent_ += cost(value ? right_.of(value).size : 0);
    operations_.push_back({name, path_, value});
  }
  template <class Action>
  void at(std::string_view token, Action action) {
    const std::size_t length = path_.size();
    path_.push_back('/');
    append_escaped(path_, token);
    action();
    path_.resize(length);
  }

  // Both return false when they gave up because the limit was passed.
  bool objects(View from, View to, std::size_t limit) {
    for (std::size_t i = 0; i < from.size() && spent_ <= limit; ++i) {
      const Key key = from.key_at(i);
      if (!to.find(key)) at(key.text(), [&] { emit("remove", View{}); });
    }
    for (std::size_t i = 0; i < to.size() && spent_ <= limit; ++i) {
      const Key key = to.key_at(i);
      const View value = to.value_at(i);
      const View old = from.find(key);
      at(key.text(), [&] { old ? compare(old, value) : emit("add", value); });
    }
    return spent_ <= limit;
  }

  bool arrays(View from, View to, std::size_t limit) {
    const std::size_t shorter = std::min(from.size(), to.size());
    std::size_t head = 0;
    while (head < shorter && same(from.at(head), to.at(head))) ++head;
    std::size_t tail = 0;
    while (tail < shorter - head && same(from.at(from.size() - 1 - tail), to.at(to.size() - 1 - tail))) ++tail;
    const std::size_t from_end = from.size() - tail;
    const std::size_t to_end = to.size() - tail;
    const std::size_t both = std::min(from_end, to_end);
    for (std::size_t i = head; i < both && spent_ <= limit; ++i)
      at(std::to_string(i), [&] { compare(from.at(i), to.at(i)); });
    for (std::size_t i = from_end; i > both && spent_ <= limit; --i)
      at(std::to_string(i - 1), [&] { emit("remove", View{}); });
    for (std::size_t i = both; i < to_end && spent_ <= limit; ++i)
      at(std::to_string(i), [&] { emit("add", to.at(i)); });
    return spent_ <= limit;
  }

  Summaries left_, right_;
  std::string path_;
  std::vector<Operation> operations_;
  std::size_t spent_ = 0;  // about how long the operations are as text
};

}  // namespace

Document diff(View from, View to) {
  Differ differ;
  differ.compare(from, to);
  return differ.finish();
}

}  // namespace socle::json

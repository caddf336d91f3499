// compiler.hpp: turns places of schemas into nodes of a Program. One object lives for one compile() on one thread.
// compiler.cpp walks and links, compile_values.cpp takes the keywords that judge a value by itself,
// compile_applicators.cpp those that apply subschemas. The first error ends the compilation; it names the place.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "program.hpp"
#include "resources.hpp"

namespace socle::schema {

class Compiler {
 public:
  explicit Compiler(const Options& options) : options_(options), resources_(options) {}

  Result<std::shared_ptr<const Program>> run(json::View document);
  [[nodiscard]] const Resources& resources() const { return resources_; }
  // Where the error was, as a pointer into the root document; "" when it was in another one.
  [[nodiscard]] const std::string& error_pointer() const { return error_pointer_; }

 private:
  // The subschema being compiled, and the operations found so far.
  struct Frame {
    Place place;
    const DialectRules* rules;
    Node node;
    std::vector<Op> ops;
  };

  std::uint32_t compile_place(const Place& place);  // memoised: the node may still be empty while it is being compiled
  void compile_schema(std::uint32_t index, const Place& place);
  void keywords(Frame& frame);
  void link_dynamic();
  void shortcut_references();
  void mark_nodes();

  // compile_values.cpp
  void compile_type(Frame& frame);
  void compile_enums(Frame& frame);
  void compile_numbers(Frame& frame);
  void compile_strings(Frame& frame);
  void compile_counts(Frame& frame);
  std::uint32_t add_enumeration(const std::vector<json::View>& values);
  std::uint32_t add_number(Frame& frame, std::string_view keyword, json::View value);
  std::uint32_t add_pattern(Frame& frame, const std::string& relative, std::string_view source);

  // compile_applicators.cpp
  void compile_references(Frame& frame);
  void compile_logic(Frame& frame);
  void compile_shape(Frame& frame);
  void compile_dependencies(Frame& frame);
  void compile_array(Frame& frame);
  void compile_unevaluated(Frame& frame);
  void add_required(Frame& frame, Shape& shape);
  void hash_properties(Shape& shape);
  std::uint32_t subschema(Frame& frame, const std::string& relative, json::View view);
  void schema_list(Frame& frame, std::string_view keyword, OpCode code, std::uint8_t types);

  // The keyword's value, or absent; an error unless `good`.
  json::View expect(Frame& frame, std::string_view keyword, bool (*good)(json::View), std::string_view wanted);
  Op& add(Frame& frame, OpCode code, std::string_view keyword, std::uint8_t types, std::uint32_t a = 0,
          std::uint32_t b = 0);
  std::uint16_t keyword_number(std::string_view keyword);
  void fail(Code code, const Place& place, std::string_view relative, const std::string& message);
  [[nodiscard]] bool failed() const { return failed_; }

  const Options& options_;
  Resources resources_;
  Program program_;
  std::map<std::string, std::uint32_t> nodes_;  // "document#pointer" -> node
  std::map<std::string, std::uint32_t> dynamic_names_;
  std::map<std::string, std::uint32_t> pattern_numbers_;
  int depth_ = 0;
  bool failed_ = false;
  Error error_;
  std::string error_pointer_;
};

}  // namespace socle::schema

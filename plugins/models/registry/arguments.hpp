// arguments.hpp: what a call of models/1 names: path and query parameters (meta), else members of its JSON body. One
// call's, on its worker.
#pragma once

#include "registry/got.hpp"
#include "registry/store.hpp"
#include "source/kinds.hpp"

namespace socle::models {

class Arguments {
 public:
  // Parses the body when there is one and it is JSON. A body that is none, or no object, is a problem.
  static Got<Arguments> of(Request request);
  // The same for a body that is not ours to read (a model's text).
  static Arguments without_body(Request request) { return Arguments(request); }

  // "" when absent.
  [[nodiscard]] std::string text(std::string_view name) const;
  [[nodiscard]] bool flag(std::string_view name) const;
  [[nodiscard]] std::uint64_t number(std::string_view name, std::uint64_t otherwise) const;
  [[nodiscard]] json::View member(std::string_view name) const { return body_.root().find(name); }

  struct Model {
    const Kind* kind = nullptr;
    std::string name;
    [[nodiscard]] std::string key() const { return model_key(kind->name, name); }
  };
  [[nodiscard]] Got<const Kind*> kind() const;
  [[nodiscard]] Got<Model> model() const;

 private:
  explicit Arguments(Request request) : request_(request) {}
  Request request_;
  json::Document body_;
};

[[nodiscard]] Reply unknown_model(const Arguments::Model& model);
[[nodiscard]] Reply unknown_version(const Arguments::Model& model, std::string_view version);
// An error answer with this HTTP status.
[[nodiscard]] Reply refusal(Code code, int status, std::string_view stable, std::string_view message,
                            std::string_view fields = {});

}  // namespace socle::models

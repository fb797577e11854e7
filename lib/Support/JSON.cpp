//===- JSON.cpp - JSON documents that people write ------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Support/JSON.h"
#include <set>

using namespace plmr;
using Json = nlohmann::ordered_json;

namespace {

/// Builds the document without exceptions; refuses a key that occurs twice.
class DocumentReader : public nlohmann::detail::json_sax_dom_parser<Json> {
  using Base = nlohmann::detail::json_sax_dom_parser<Json>;

public:
  explicit DocumentReader(Json &document) : Base(document, false) {}

  bool start_object(std::size_t size) {
    keys.emplace_back();
    return Base::start_object(size);
  }
  bool end_object() {
    keys.pop_back();
    return Base::end_object();
  }
  bool key(std::string &name) {
    if (keys.back().insert(name).second)
      return Base::key(name);
    message = "key '" + name + "' occurs twice";
    return false;
  }
  template <typename Exception>
  bool parse_error(std::size_t position, const std::string &token,
                   const Exception &) {
    constexpr bool isTooLarge =
        std::is_same_v<Exception, nlohmann::detail::out_of_range>;
    message =
        isTooLarge
            ? llvm::formatv("expected a number from -1.8e308 to 1.8e308 but "
                            "got {0} at byte {1}",
                            token, position)
                  .str()
            : llvm::formatv("not JSON at byte {0}", position).str();
    return false;
  }

  std::string message;

private:
  std::vector<std::set<std::string>> keys;
};

} // namespace

llvm::Expected<Json> plmr::parseJSON(llvm::StringRef text,
                                     llvm::StringRef origin) {
  Json document;
  DocumentReader reader(document);
  if (!Json::sax_parse(text.begin(), text.end(), &reader))
    return makeError("{0}: {1}", origin, reader.message);
  return document;
}

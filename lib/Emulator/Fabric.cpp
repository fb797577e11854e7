//===- Fabric.cpp - Wavelets under way ------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Fabric.h"
#include "plmr/Program/Routes.h"

using namespace plmr;

void Input::pop(uint32_t n) {
  head += n;
  if (head == words.size()) {
    words.clear();
    head = 0;
  }
}

uint32_t *Input::append(uint32_t n) {
  // Words that were taken are dropped once they are the larger part.
  if (head > 4096 && head > words.size() / 2) {
    words.erase(words.begin(), words.begin() + head);
    head = 0;
  }
  size_t old = words.size();
  words.resize_for_overwrite(old + n);
  return words.data() + old;
}

MessageFabric::MessageFabric(const Program &program, uint32_t routeTable)
    : colours(program.machine.getUsableColours()) {
  MeshShape mesh = program.mesh;
  inputOf.assign(size_t(mesh.getNumCores()) * colours, none);
  targetsOf.assign(size_t(mesh.getNumCores()) * colours, none);
  if (program.routeTables.empty())
    return;
  const RouteTable &table = program.routeTables[routeTable];
  for (uint32_t core = 0; core != mesh.getNumCores(); ++core)
    for (const Route &source : table.classes[table.classOf[core]]) {
      if (source.input != Port::Ramp)
        continue;
      size_t begin = targets.size();
      targetsOf[core * colours + source.colour] = begin;
      targets.push_back(0);
      walkRoute(program, table, core % mesh.columns, core / mesh.columns,
                source.colour, [&](const RouteStep &step) {
                  if (!step.route->hasOutput(Port::Ramp))
                    return;
                  uint32_t target = step.y * mesh.columns + step.x;
                  inputOf[target * colours + source.colour] = inputs.size();
                  targets.push_back(inputs.size());
                  inputs.emplace_back(target, source.colour, core);
                });
      targets[begin] = targets.size() - begin - 1;
    }
}

std::optional<llvm::ArrayRef<uint32_t>>
MessageFabric::getTargets(uint32_t core, uint8_t colour) const {
  uint32_t begin = targetsOf[core * colours + colour];
  if (begin == none)
    return std::nullopt;
  return llvm::ArrayRef(targets).slice(begin + 1, targets[begin]);
}

const Input *MessageFabric::findLeftOver() const {
  for (const Input &input : inputs)
    if (input.size() != 0)
      return &input;
  return nullptr;
}

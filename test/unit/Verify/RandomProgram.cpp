//===- RandomProgram.cpp - Programs that are safe or nearly so ------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All cores take part in messages in one global order, which is why programs
// are safe; exchanges are where queues decide. What is defined and what live
// operations touch is known per object.
//
//===----------------------------------------------------------------------===//

#include "RandomProgram.h"
#include "plmr/Program/Routes.h"
#include "llvm/ADT/STLExtras.h"
#include <cstring>
#include <random>

using namespace plmr;

namespace {

/// Descriptors, and what needs them.
using Block = std::vector<Instruction>;

constexpr unsigned objectBytes = 512, numObjects = 6;
enum : unsigned { inputObject, outputObject, stateObject, firstScratch };

/// A stream. The object's elements begin at byte `base` of it.
struct Source {
  int colour = -1;
  bool isSplat = false;
  unsigned object = 0, base = 0;
  ElementType type = ElementType::F32;
  int stride = 1, step = 0;
};

struct Core {
  struct Live {
    unsigned reads = 0, writes = 0; ///< sets of objects
    uint64_t colours = 0;
  };
  std::vector<Block> blocks;
  std::map<unsigned, Live> live; ///< by engine
  /// Bytes at the begin of each object that are.
  std::array<unsigned, numObjects> defined = {};
};

/// What one core sends to others on a colour.
struct Tree {
  unsigned colour, root;
  std::vector<unsigned> receivers;
};

struct Pattern {
  enum class Kind { Messages, Chain, Shift } kind;
  std::vector<Tree> trees; ///< of a chain: from hop to hop, line by line
};

class Generator {
public:
  explicit Generator(uint64_t seed) : random(seed) {}
  Program generate();

private:
  unsigned pick(unsigned limit) { return unsigned(random() % limit); }
  bool chance(unsigned percent) { return pick(100) < percent; }
  ElementType pickType() { return ElementType(pick(numElementTypes)); }

  void makeMachine();
  void makeTensors();

  // Routes.
  using Line = std::vector<unsigned>;
  std::vector<Line> getLines();
  Port getPort(unsigned from, unsigned to) const;
  void addRoute(unsigned router, unsigned colour, Port input, uint8_t outputs);
  Tree addPath(unsigned colour, llvm::ArrayRef<unsigned> line, unsigned root,
               bool allReceive);
  void addTrees(unsigned colour);
  void growTree(unsigned colour, std::vector<bool> &taken, Pattern &pattern);
  void addPatterns();
  void addLinePattern(unsigned colour);

  // Code.
  Instruction makeScalar(Opcode opcode, unsigned dst, int32_t value);
  Operand makeOperand(Block &block, int32_t value, unsigned scratch);
  void addDescriptor(Block &block, unsigned index, const Source &source);
  void addOp(unsigned core, Opcode opcode, const Source &dst,
             std::vector<Source> sources, unsigned extent, unsigned repeat = 1);
  void release(unsigned core, const Core::Live &use);
  void releaseAll(unsigned core);
  void addWait(unsigned core, unsigned engine);
  Source pickDefined(unsigned core, unsigned extent, unsigned repeat);
  Source pickWritable(unsigned core, unsigned extent, unsigned repeat);
  Source pickPlace(unsigned object, unsigned limit, unsigned extent,
                   unsigned repeat);
  std::pair<ElementType, unsigned> pickElements(unsigned wavelets);
  void addNoise(unsigned core);
  void addSend(const Tree &tree, unsigned wavelets);
  void addReceive(unsigned core, unsigned colour, unsigned wavelets);
  void addRelay(unsigned core, unsigned from, unsigned to, unsigned wavelets);
  void addPattern(const Pattern &pattern);
  void addSegment();
  void breakSomething();
  void breakInstruction(Block &block);
  void finishSegment();
  void finishClasses();
  void spreadConstants();

  std::mt19937_64 random;
  Program program;
  MeshShape mesh;
  std::vector<Core> cores;
  std::vector<Block> codes;               ///< of finished segments, per core
  std::vector<std::vector<Route>> routes; ///< of the table, per router
  std::vector<Pattern> patterns;
  bool isBroken = false;
};

} // namespace

//===----------------------------------------------------------------------===//
// Device and tensors
//===----------------------------------------------------------------------===//

void Generator::makeMachine() {
  program.machine = llvm::cantFail(getBuiltinMachine("tiny"));
  Machine &machine = program.machine;
  machine.queueWords = 1 + pick(4);
  machine.inputQueueWords = 1 + pick(4);
  machine.outputQueueWords = 1 + pick(4);
  machine.hopTicks = 1 + pick(3);
  machine.turnTicks = pick(3);
  machine.rampTicks = 1 + pick(3);
  machine.linkTicks = 1 + pick(2);
  machine.engines = pick(4);
  // Mostly small, where more happens in less time.
  unsigned limit = chance(80) ? 5 : 16;
  mesh = {1 + pick(limit), 1 + pick(limit)};
  program.mesh = mesh;
  cores.resize(mesh.getNumCores());
  codes.resize(mesh.getNumCores());
}

void Generator::makeTensors() {
  const Object::Kind kinds[numObjects] = {
      Object::Kind::Input,   Object::Kind::Output,  Object::Kind::State,
      Object::Kind::Scratch, Object::Kind::Scratch, Object::Kind::Scratch};
  for (unsigned i = 0; i != numObjects; ++i)
    program.objects.push_back(
        {"o" + std::to_string(i), kinds[i], i * objectBytes, objectBytes});
  auto split = [](DimSplit::Kind kind, Axis axis, int64_t extent) {
    DimSplit dim;
    dim.kind = kind;
    dim.axis = axis;
    dim.factors = {extent};
    return dim;
  };
  constexpr int64_t elements = objectBytes / 4;
  Tensor x, y;
  x.name = "x";
  x.object = inputObject;
  x.placement.dims = {split(DimSplit::Kind::Whole, Axis::X, elements)};
  y.name = "y";
  y.object = outputObject;
  y.placement.dims = {split(DimSplit::Kind::Balanced, Axis::X, mesh.columns),
                      split(DimSplit::Kind::Balanced, Axis::Y, mesh.rows),
                      split(DimSplit::Kind::Whole, Axis::X, elements)};
  program.tensors = {x, y};
}

//===----------------------------------------------------------------------===//
// Routes
//===----------------------------------------------------------------------===//

/// All rows, or all columns, in one direction or the other.
std::vector<Generator::Line> Generator::getLines() {
  bool isRow = chance(50), isReversed = chance(50);
  std::vector<Line> lines(isRow ? mesh.rows : mesh.columns);
  for (unsigned i = 0; i != lines.size(); ++i) {
    for (unsigned j = 0; j != (isRow ? mesh.columns : mesh.rows); ++j)
      lines[i].push_back(isRow ? mesh.getIndex(j, i) : mesh.getIndex(i, j));
    if (isReversed)
      std::reverse(lines[i].begin(), lines[i].end());
  }
  return lines;
}

/// Of neighbours.
Port Generator::getPort(unsigned from, unsigned to) const {
  if (to == from + mesh.columns && mesh.columns != 1)
    return Port::South;
  if (from == to + mesh.columns && mesh.columns != 1)
    return Port::North;
  if (mesh.columns == 1)
    return to > from ? Port::South : Port::North;
  return to > from ? Port::East : Port::West;
}

static uint8_t getBit(Port port) {
  return uint8_t(1 << static_cast<unsigned>(port));
}

void Generator::addRoute(unsigned router, unsigned colour, Port input,
                         uint8_t outputs) {
  routes[router].push_back({uint8_t(colour), input, outputs});
}

/// From line[root] to both ends; on the way all receive or none do.
Tree Generator::addPath(unsigned colour, llvm::ArrayRef<unsigned> line,
                        unsigned root, bool allReceive) {
  Tree tree{colour, line[root], {}};
  uint8_t outputs = 0;
  for (int direction : {1, -1})
    for (int at = int(root) + direction, last;; at += direction) {
      if (at < 0 || at == int(line.size()))
        break;
      last = at - direction;
      if (last == int(root))
        outputs |= getBit(getPort(line[last], line[at]));
      int next = at + direction;
      bool isEnd = next < 0 || next == int(line.size());
      uint8_t here = isEnd ? 0 : getBit(getPort(line[at], line[next]));
      if (isEnd || allReceive) {
        here |= getBit(Port::Ramp);
        tree.receivers.push_back(line[at]);
      }
      addRoute(line[at], colour, getPort(line[at], line[last]), here);
    }
  addRoute(line[root], colour, Port::Ramp, outputs);
  return tree;
}

void Generator::growTree(unsigned colour, std::vector<bool> &taken,
                         Pattern &pattern) {
  Tree tree{colour, pick(mesh.getNumCores()), {}};
  if (taken[tree.root])
    return;
  taken[tree.root] = true;
  unsigned spread = 20 + pick(60);
  std::vector<std::pair<unsigned, Port>> work = {{tree.root, Port::Ramp}};
  while (!work.empty()) {
    auto [router, input] = work.back();
    work.pop_back();
    uint8_t outputs = 0;
    for (Port port : {Port::North, Port::East, Port::South, Port::West}) {
      auto next = getNeighbour(mesh, router % mesh.columns,
                               router / mesh.columns, port);
      if (!next)
        continue;
      unsigned index = mesh.getIndex(next->first, next->second);
      bool isFirst = router == tree.root && outputs == 0;
      if (taken[index] || !(isFirst || chance(spread)))
        continue;
      taken[index] = true;
      outputs |= getBit(port);
      work.push_back({index, getOpposite(port)});
    }
    if (outputs == 0 && router == tree.root) // no room
      return;
    if (router != tree.root && (outputs == 0 || chance(50))) {
      outputs |= getBit(Port::Ramp);
      tree.receivers.push_back(router);
    }
    addRoute(router, colour, input, outputs);
  }
  pattern.trees.push_back(std::move(tree));
}

void Generator::addTrees(unsigned colour) {
  Pattern pattern{Pattern::Kind::Messages, {}};
  std::vector<bool> taken(mesh.getNumCores());
  for (unsigned tries = 1 + pick(3); tries != 0; --tries)
    growTree(colour, taken, pattern);
  if (!pattern.trees.empty())
    patterns.push_back(std::move(pattern));
}

/// Uses `colour` and the next one.
void Generator::addLinePattern(unsigned colour) {
  std::vector<Line> lines = getLines();
  unsigned length = lines[0].size();
  if (length == 1)
    return;
  Pattern pattern{Pattern::Kind(pick(3)), {}};
  unsigned root = pick(length), isExchange = chance(40);
  for (const Line &line : lines) {
    if (pattern.kind == Pattern::Kind::Messages) {
      pattern.trees.push_back(addPath(colour, line, root, chance(90)));
      continue;
    }
    // Hops from neighbour to neighbour, or within pairs to and fro.
    bool isShift = pattern.kind == Pattern::Kind::Shift;
    if (isShift && isExchange) {
      for (unsigned i = 0; i + 1 < length; i += 2)
        for (unsigned back : {0u, 1u})
          pattern.trees.push_back(addPath(
              colour + back, {line[i + back], line[i + 1 - back]}, 0, true));
      continue;
    }
    for (unsigned i = 0; i + 1 != length; ++i)
      pattern.trees.push_back(
          addPath(colour + i % 2, {line[i], line[i + 1]}, 0, true));
  }
  patterns.push_back(std::move(pattern));
}

void Generator::addPatterns() {
  patterns.clear();
  routes.assign(mesh.getNumCores(), {});
  for (unsigned colour = 0; colour < 6; colour += 2) {
    unsigned choice = pick(3);
    if (choice == 0 || (colour == 4 && patterns.empty()))
      addTrees(colour);
    else if (choice == 1)
      addLinePattern(colour);
  }
  RouteTable &table = program.routeTables.emplace_back();
  for (std::vector<Route> &own : routes) {
    llvm::sort(own, [](const Route &a, const Route &b) {
      return a.colour < b.colour;
    });
    auto it = llvm::find(table.classes, own);
    table.classOf.push_back(uint16_t(it - table.classes.begin()));
    if (it == table.classes.end())
      table.classes.push_back(own);
  }
}

//===----------------------------------------------------------------------===//
// Instructions
//===----------------------------------------------------------------------===//

Instruction Generator::makeScalar(Opcode opcode, unsigned dst, int32_t value) {
  Instruction inst;
  inst.opcode = opcode;
  inst.flags = UseImmediate;
  inst.dst = uint8_t(dst);
  inst.b = noOperand;
  inst.imm = value;
  return inst;
}

/// A constant, or a register that is set before.
Operand Generator::makeOperand(Block &block, int32_t value, unsigned scratch) {
  std::vector<Constant> &constants = program.constants;
  auto isSame = [&](const Constant &constant) {
    return constant.values[0] == value;
  };
  auto it = llvm::find_if(constants, isSame);
  if (it != constants.end() && chance(80))
    return getConstantOperand(it - constants.begin());
  if (constants.size() < 60) {
    Constant constant;
    constant.values = {value};
    constants.push_back(constant);
    return getConstantOperand(constants.size() - 1);
  }
  block.push_back(makeScalar(Opcode::SAdd, scratch, value));
  return Operand(scratch);
}

void Generator::addDescriptor(Block &block, unsigned index,
                              const Source &source) {
  Instruction inst;
  inst.flags = uint8_t(source.type);
  inst.dst = uint8_t(index);
  if (source.isSplat) {
    inst.opcode = Opcode::Dss;
    inst.flags |= UseImmediate;
    inst.a = noOperand;
    inst.imm = 1;
  } else if (source.colour >= 0) {
    inst.opcode = Opcode::Dsf;
    inst.a = noOperand;
    inst.imm = source.colour;
  } else {
    inst.opcode = Opcode::Dsm;
    inst.a = noOperand;
    inst.b = source.stride == 1 ? noOperand
                                : makeOperand(block, source.stride, 10 + index);
    inst.c = source.step == 0 ? noOperand
                              : makeOperand(block, source.step, 20 + index);
    inst.object = uint16_t(source.object);
    inst.imm = int32_t(source.object * objectBytes + source.base);
  }
  block.push_back(inst);
}

void Generator::addWait(unsigned core, unsigned engine) {
  Instruction inst;
  inst.opcode = Opcode::Wait;
  inst.engine = uint8_t(engine);
  cores[core].blocks.push_back({inst});
  cores[core].live.erase(engine);
}

/// Waits for engines that `use` conflicts with.
void Generator::release(unsigned core, const Core::Live &use) {
  std::vector<unsigned> engines;
  for (const auto &[engine, live] : cores[core].live)
    if ((live.writes & (use.reads | use.writes)) || (live.reads & use.writes) ||
        (live.colours & use.colours))
      engines.push_back(engine);
  for (unsigned engine : engines)
    addWait(core, engine);
}

void Generator::releaseAll(unsigned core) {
  while (!cores[core].live.empty())
    addWait(core, cores[core].live.begin()->first);
}

void Generator::addOp(unsigned core, Opcode opcode, const Source &dst,
                      std::vector<Source> sources, unsigned extent,
                      unsigned repeat) {
  Core::Live use;
  auto note = [&](const Source &source, unsigned &objects) {
    if (source.colour >= 0)
      use.colours |= uint64_t(1) << source.colour;
    else if (!source.isSplat)
      objects |= 1u << source.object;
  };
  note(dst, use.writes);
  for (const Source &source : sources)
    note(source, use.reads);
  release(core, use);
  Instruction inst;
  if (program.machine.engines != 0 && chance(35)) {
    unsigned engine = pick(program.machine.engines);
    if (cores[core].live.count(engine))
      addWait(core, engine);
    inst.engine = uint8_t(engine);
    cores[core].live[engine] = use;
  }
  Block block;
  addDescriptor(block, 0, dst);
  for (unsigned i = 0; i != sources.size(); ++i)
    addDescriptor(block, i + 1, sources[i]);
  inst.opcode = opcode;
  inst.a = 1;
  inst.b = sources.size() > 1 ? 2 : 0;
  inst.c = sources.size() > 2 ? 3 : 0;
  inst.extent = makeOperand(block, int32_t(extent), 30);
  if (repeat != 1)
    inst.repeat = makeOperand(block, int32_t(repeat), 31);
  block.push_back(inst);
  cores[core].blocks.push_back(std::move(block));
  if (dst.colour < 0 && dst.stride == 1) {
    unsigned &defined = cores[core].defined[dst.object];
    if (dst.base <= defined)
      defined = std::max(defined, dst.base + extent * getByteWidth(dst.type));
  }
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

/// In the first `limit` bytes of the object, which hold `extent` elements.
Source Generator::pickPlace(unsigned object, unsigned limit, unsigned extent,
                            unsigned repeat) {
  Source source;
  source.object = object;
  do
    source.type = pickType();
  while (extent * getByteWidth(source.type) > limit);
  int elements = int(limit / getByteWidth(source.type));
  if (chance(25))
    source.stride = int(pick(5)) - 2;
  int across = (int(extent) - 1) * source.stride;
  if (std::abs(across) >= elements) {
    source.stride = 1;
    across = int(extent) - 1;
  }
  int room = elements - 1 - std::abs(across);
  if (repeat > 1)
    source.step = std::min<int>(pick(4), room / int(repeat - 1));
  room -= source.step * int(repeat - 1);
  int begin = int(pick(unsigned(room) + 1)) - std::min(across, 0);
  if (source.stride == 1 && chance(60))
    begin = 0;
  source.base = unsigned(begin) * getByteWidth(source.type);
  return source;
}

Source Generator::pickDefined(unsigned core, unsigned extent, unsigned repeat) {
  for (unsigned tries = 0; tries != 6; ++tries) {
    unsigned object = pick(numObjects);
    unsigned defined = cores[core].defined[object];
    if (defined >= 4 * extent)
      return pickPlace(object, defined, extent, repeat);
  }
  return pickPlace(inputObject, objectBytes, extent, repeat);
}

Source Generator::pickWritable(unsigned, unsigned extent, unsigned repeat) {
  return pickPlace(1 + pick(numObjects - 1), objectBytes, extent, repeat);
}

void Generator::addNoise(unsigned core) {
  if (!chance(25))
    return;
  static constexpr Opcode opcodes[] = {Opcode::Mov,   Opcode::Add, Opcode::Mul,
                                       Opcode::Fma,   Opcode::Max, Opcode::Sel,
                                       Opcode::Gather};
  Opcode opcode = opcodes[pick(std::size(opcodes))];
  unsigned extent = pick(20) + (chance(90) ? 1 : 0), repeat = 1;
  if (chance(25))
    repeat = pick(4);
  std::vector<Source> sources;
  for (unsigned i = 0; i != getNumSources(opcode); ++i) {
    sources.push_back(
        pickDefined(core, std::max(extent, 1u), std::max(repeat, 1u)));
    if (chance(15))
      sources.back().isSplat = true;
  }
  if (opcode == Opcode::Gather) {
    sources[0].isSplat = false;
    sources[1] = pickPlace(stateObject, objectBytes, std::max(extent, 1u),
                           std::max(repeat, 1u));
    sources[1].type = ElementType::I32;
    sources[1].base = 0;
    sources[1].stride = 1;
    sources[1].step = 0;
  }
  Source dst = pickWritable(core, std::max(extent, 1u), std::max(repeat, 1u));
  if (extent == 0 || repeat == 0)
    dst.stride = 2; // nothing is defined
  addOp(core, opcode, dst, sources, extent, repeat);
}

std::pair<ElementType, unsigned> Generator::pickElements(unsigned wavelets) {
  if (chance(50))
    return {chance(50) ? ElementType::F32 : ElementType::I32, wavelets};
  return {chance(50) ? ElementType::F16 : ElementType::BF16,
          2 * wavelets - pick(2)};
}

static Source makeFabric(unsigned colour, ElementType type) {
  Source source;
  source.colour = int(colour);
  source.type = type;
  return source;
}

void Generator::addSend(const Tree &tree, unsigned wavelets) {
  auto [type, extent] = pickElements(wavelets);
  addOp(tree.root, Opcode::Mov, makeFabric(tree.colour, type),
        {pickDefined(tree.root, extent, 1)}, extent);
}

void Generator::addReceive(unsigned core, unsigned colour, unsigned wavelets) {
  auto [type, extent] = pickElements(wavelets);
  unsigned repeat = 1;
  if (wavelets % 2 == 0 && chance(30)) { // each repetition starts a wavelet
    repeat = 2;
    extent = getByteWidth(type) == 4 ? wavelets / 2 : wavelets - pick(2);
  }
  std::vector<Source> sources = {makeFabric(colour, type)};
  Opcode opcode = chance(30) ? Opcode::Add : Opcode::Mov;
  if (opcode == Opcode::Add)
    sources.push_back(pickDefined(core, extent, repeat));
  addOp(core, opcode, pickWritable(core, extent, repeat), sources, extent,
        repeat);
}

/// Adds to what comes in and sends it on, at once or one after the other.
void Generator::addRelay(unsigned core, unsigned from, unsigned to,
                         unsigned wavelets) {
  if (chance(30)) {
    addReceive(core, from, wavelets);
    addSend({to, core, {}}, wavelets);
    return;
  }
  auto [type, extent] = pickElements(wavelets);
  ElementType out = type;
  if (getByteWidth(type) == 4 && chance(50) && extent == wavelets)
    out = chance(50) ? ElementType::F32 : ElementType::I32;
  addOp(core, Opcode::Add, makeFabric(to, out),
        {makeFabric(from, type), pickDefined(core, extent, 1)}, extent);
}

void Generator::addPattern(const Pattern &pattern) {
  unsigned wavelets = 1 + pick(chance(30) ? 50 : 10);
  llvm::ArrayRef<Tree> trees = pattern.trees;
  if (pattern.kind == Pattern::Kind::Chain) {
    for (size_t i = 0; i != trees.size(); ++i) {
      addNoise(trees[i].root);
      bool isRelay = i != 0 && trees[i - 1].receivers[0] == trees[i].root;
      if (isRelay)
        addRelay(trees[i].root, trees[i - 1].colour, trees[i].colour, wavelets);
      else
        addSend(trees[i], wavelets);
      if (i + 1 == trees.size() || trees[i + 1].root != trees[i].receivers[0])
        addReceive(trees[i].receivers[0], trees[i].colour, wavelets);
    }
    return;
  }
  if (pattern.kind == Pattern::Kind::Shift) {
    for (const Tree &tree : trees)
      addSend(tree, wavelets);
    for (const Tree &tree : trees)
      addReceive(tree.receivers[0], tree.colour, wavelets);
    return;
  }
  for (const Tree &tree : trees) {
    addSend(tree, wavelets);
    std::vector<unsigned> receivers = tree.receivers;
    std::shuffle(receivers.begin(), receivers.end(), random);
    for (unsigned receiver : receivers) {
      addNoise(receiver);
      addReceive(receiver, tree.colour, wavelets);
    }
  }
}

//===----------------------------------------------------------------------===//
// Faults
//===----------------------------------------------------------------------===//

void Generator::breakInstruction(Block &block) {
  size_t at = pick(unsigned(block.size()));
  Instruction &inst = block[at];
  Instruction scalar = makeScalar(Opcode::SAdd, 40, 1);
  if (inst.opcode == Opcode::Dsm) {
    static constexpr int shifts[] = {-4, 4, 2, 64, -256, 512, 256};
    inst.imm += shifts[pick(std::size(shifts))];
  } else if (inst.opcode == Opcode::Dsf) {
    inst.imm = int32_t(pick(14));
  } else if (inst.opcode == Opcode::SAdd) {
    inst.imm += int32_t(pick(9)) - 4;
  } else if (isVector(inst.opcode)) {
    unsigned choice = pick(4);
    if (choice == 0) {
      // May append to the block, which moves its instructions.
      Operand extent = makeOperand(block, 1 + int32_t(pick(30)), 30);
      block[at].extent = extent;
    } else if (choice == 1 && program.machine.engines != 0)
      inst.engine = uint8_t(pick(program.machine.engines));
    else if (choice == 2)
      inst.engine = noOperand;
    else
      inst.dst = chance(50) ? 50 : 1;
  } else {
    inst = scalar;
  }
}

void Generator::breakSomething() {
  std::vector<Block> &blocks = cores[pick(mesh.getNumCores())].blocks;
  if (blocks.empty())
    return;
  unsigned at = pick(unsigned(blocks.size()));
  switch (pick(6)) {
  case 0:
    blocks.erase(blocks.begin() + at);
    break;
  case 1:
    std::swap(blocks[at], blocks[pick(unsigned(blocks.size()))]);
    break;
  case 2: // a wait, if there is one
    for (size_t i = 0; i != blocks.size(); ++i)
      if (blocks[i][0].opcode == Opcode::Wait && chance(50)) {
        blocks.erase(blocks.begin() + i);
        break;
      }
    break;
  case 3: {
    Instruction inst = makeScalar(chance(50) ? Opcode::SDiv : Opcode::SSub, 41,
                                  int32_t(pick(2)));
    inst.predicate = Operand(pick(2) * 41);
    blocks.insert(blocks.begin() + at, {inst});
    break;
  }
  default:
    breakInstruction(blocks[at]);
  }
}

//===----------------------------------------------------------------------===//
// Segments
//===----------------------------------------------------------------------===//

void Generator::addSegment() {
  for (unsigned count = 1 + pick(4); count != 0 && !patterns.empty(); --count)
    addPattern(patterns[pick(unsigned(patterns.size()))]);
  for (unsigned core = 0; core != cores.size(); ++core) {
    addNoise(core);
    if (cores.size() == 1)
      for (unsigned i = 0; i != 10; ++i)
        addNoise(core);
    releaseAll(core);
  }
  if (isBroken && chance(70))
    for (unsigned count = 1 + pick(2); count != 0; --count)
      breakSomething();
  finishSegment();
}

/// Appends the blocks to the cores' code, perhaps as a loop of all cores.
void Generator::finishSegment() {
  unsigned count = chance(30) ? 2 + pick(2) : 1;
  for (unsigned core = 0; core != cores.size(); ++core) {
    Block &code = codes[core];
    Block body = {makeScalar(Opcode::SAdd, 40, 1)};
    for (const Block &block : cores[core].blocks)
      body.insert(body.end(), block.begin(), block.end());
    cores[core].blocks.clear();
    if (count != 1) {
      Instruction loop;
      loop.opcode = Opcode::Loop;
      loop.a = makeOperand(code, int32_t(count), 42);
      loop.imm = int32_t(body.size());
      code.push_back(loop);
    }
    code.insert(code.end(), body.begin(), body.end());
  }
}

/// Cores with equal code have one class.
void Generator::finishClasses() {
  std::map<std::vector<std::array<char, sizeof(Instruction)>>, uint16_t> known;
  for (Block &code : codes) {
    code.emplace_back();
    std::vector<std::array<char, sizeof(Instruction)>> key(code.size());
    std::memcpy(key.data(), code.data(), code.size() * sizeof(Instruction));
    auto [it, isNew] = known.try_emplace(key, program.classes.size());
    program.classOf.push_back(it->second);
    if (isNew)
      program.classes.push_back({"c" + std::to_string(it->second), code, {}});
  }
}

/// Some constants become those of columns, rows or cores, and a fault is one
/// of a whole line.
void Generator::spreadConstants() {
  const unsigned counts[] = {1, mesh.columns, mesh.rows, mesh.getNumCores()};
  for (Constant &constant : program.constants) {
    if (!chance(30))
      continue;
    unsigned kind = pick(4);
    constant.kind = Constant::Kind(kind);
    constant.values.assign(counts[kind], constant.values[0]);
    if (isBroken && chance(5))
      constant.values[pick(counts[kind])] += int32_t(pick(3)) - 1;
  }
}

Program Generator::generate() {
  makeMachine();
  makeTensors();
  isBroken = chance(50);
  unsigned tables = chance(30) ? 2 : 1;
  for (Core &core : cores)
    core.defined[inputObject] = core.defined[stateObject] = objectBytes;
  for (unsigned table = 0; table != tables; ++table) {
    addPatterns();
    if (table == 0)
      for (unsigned core = 0; core != cores.size(); ++core) {
        Source in, out;
        out.object = outputObject;
        addOp(core, Opcode::Mov, out, {in}, objectBytes / 4);
      }
    else
      for (Block &code : codes) {
        Instruction epoch;
        epoch.opcode = Opcode::Epoch;
        bool isOther = isBroken && chance(1);
        epoch.imm = isOther ? 0 : int32_t(table);
        code.push_back(epoch);
      }
    for (unsigned segments = 1 + pick(3); segments != 0; --segments)
      addSegment();
  }
  finishClasses();
  spreadConstants();
  Launch &launch = program.launches.emplace_back();
  launch.name = "main";
  launch.entry.assign(program.classes.size(), 0);
  launch.inputs = {0};
  launch.outputs = {1};
  return std::move(program);
}

Program plmr::makeNearlySafeProgram(uint64_t seed) {
  return Generator(seed).generate();
}

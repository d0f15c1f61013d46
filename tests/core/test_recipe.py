from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core import recipe
from core.errors import Error
from core.recipe import Recipe


def test_a_recipe_survives_its_file(tmp_path: Path) -> None:
    made = recipe.change(Recipe(), {"optim.batch_size": 32, "augment.rotation.degrees": [-5, 9], "name": "small"})
    (tmp_path / "recipe.yaml").write_text(recipe.dump(made))
    assert recipe.load(tmp_path / "recipe.yaml") == made
    assert recipe.difference(Recipe(), made) == {
        "name": ("run", "small"),
        "augment.rotation.degrees": ((-10.0, 10.0), (-5.0, 9.0)),
        "optim.batch_size": (64, 32),
    }


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"optim": {"learing_rate": 0.1}}, "no setting optim.learing_rate. Did you mean optim.learning_rate?"),
        ({"optimizer": {}}, "no setting optimizer. Did you mean optim?"),
        ({"optim": {"batch_size": -1}}, "optim.batch_size is -1: input should be greater than or equal to 0"),
        (
            {"augment": {"invert": {"probability": 2}}},
            "augment.invert.probability is 2: input should be less than or equal to 1",
        ),
        (
            {"augment": {"rotation": 12.0}},
            "augment.rotation is 12.0: it should be a section of settings. It holds enabled, probability, degrees.",
        ),
        ({"augment": {"translate": 0.08}}, "there is no setting augment.translate."),
        ({"augment": {"rotation": {"degrees": 5}}}, "rotation.degrees is 5: it should be two numbers, from and to."),
        ({"augment": {"rotation": {"degrees": [20, -20]}}}, "the first number should not be above the second."),
        ({"augment": {"rotation": {"degrees": [-200, 2]}}}, "both ends should lie within -180 and 180."),
        ({"augment": {"jpeg": {"quality": [1.5, 20]}}}, "both ends should be whole numbers."),
        ({"augment": {"blur": {"kernel": 4}}}, "augment.blur.kernel is 4: it should be an odd number"),
        (
            {"augment": {"padded_crop": {"window": 2}}},
            "padded_crop.window is 2: the window should be at most 1.25",
        ),
        ({"augment": {"rules": "no flip for 2"}}, "the rule “no flip for 2” names no operation"),
        (
            {"data": {"stored_size": 32}},
            "data.stored_size is 32: the stored size should be 0, or at least the image",
        ),
        ({"seed": True}, "seed is True: it should be a number"),
        ({"augment": {"rotation": {"probability": False}}}, "probability is False: it should be a number"),
        ({"augment": {"rotation": {"degrees": [False, True]}}}, "degrees is [False, True]: it should be a number"),
        ({"model": {"name": "resnet19"}}, "model.name is 'resnet19': it should be small_cnn, lenet5, lenet_rgb,"),
        ({"model": {"name": "timm:a b"}}, "or torchvision: or timm: with a name"),
        ({"model": {"expands": "1,9"}}, "model.expands is '1,9'"),
        ({"schedule": {"epochs": 2, "warmup_epochs": 3}}, "must not be more than schedule.epochs. Change one"),
        ({"optim": 3}, "optim is 3: it should be a section of settings"),
        ({"name": "A name!"}, "name is 'A name!'"),
        ({"optim": {"learning_rate": float("nan")}}, "optim.learning_rate is nan"),
        ({"optim": {"clip": float("inf")}}, "optim.clip is inf: input should be a finite number"),
        ({"schedule": {"patience": 10**30}}, "less than or equal to 1000000"),
        ({"schedule": {"step_epochs": 10**30}}, "less than or equal to 1000000"),
    ],
)
def test_a_wrong_recipe_names_the_field_and_the_bound(values: dict[str, object], words: str) -> None:
    with pytest.raises(Error) as told:
        recipe.make(values)
    assert words in str(told.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe\x00", "no readable recipe"),
        (b"name: a\nmodel: [", "no readable recipe: line 2, expected the node"),
        (b"augment: {1: 2}", "there is no setting 1"),
        (b"- a\n- b", "is no recipe"),
        (b"!!python/object/apply:os.system ['touch owned']", "no readable recipe"),
    ],
)
def test_a_file_that_is_no_recipe_is_told(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "r.yaml").write_bytes(content)
    with pytest.raises(Error, match=words):
        recipe.load(tmp_path / "r.yaml")
    assert not Path("owned").exists()


def test_a_missing_recipe_is_told(tmp_path: Path) -> None:
    for text in (str(tmp_path / "absent.yaml"), "mnist-lenet"):
        with pytest.raises(Error, match="no recipe") as told:
            recipe.find(text)
        assert "mnist-lenet5, mnist-w-resnet18" in told.value.hint


def test_every_setting_is_described_and_its_default_lies_within_its_bounds() -> None:
    values = recipe.flat(Recipe())
    for setting in recipe.settings():
        assert setting.title
        assert setting.help.endswith(".")
        assert values[setting.path] == setting.default
        if setting.kind in ("int", "float"):
            assert setting.low is not None
            assert setting.low <= setting.default
    assert set(values) == {setting.path for setting in recipe.settings()}


@pytest.mark.parametrize("name", list(recipe.presets()))
def test_every_preset_is_a_complete_recipe_with_what_its_file_says(name: str) -> None:
    made = recipe.find(name)
    on_disk = yaml.safe_load(recipe.presets()[name].read_text(encoding="utf-8"))
    assert made.name == name
    assert recipe.make(on_disk) == made
    assert set(recipe.flat(made)) == set(recipe.flat(Recipe()))


@pytest.mark.parametrize("name", list(recipe.presets()))
def test_every_preset_says_in_a_sentence_what_it_is_for(name: str) -> None:
    about = recipe.described(name)
    assert about.endswith(".")
    assert "\n" not in about
    assert len(about) < 200


@given(
    st.dictionaries(
        st.sampled_from([s.path for s in recipe.settings()]), st.one_of(st.integers(), st.floats(), st.text())
    )
)
def test_any_values_give_a_recipe_or_a_told_error(values: dict[str, object]) -> None:
    try:
        made = recipe.change(Recipe(), values)
    except Error:
        return
    assert recipe.make(yaml.safe_load(recipe.dump(made))) == made


@pytest.mark.parametrize(
    ("text", "words"),
    [("[" * 20_000, "nested too deep"), ("optim: [" + "x, " * 500 + "]", "…: it should be a section of settings")],
)
def test_absurd_files_are_told_in_a_short_sentence(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text(text)
    with pytest.raises(Error) as caught:
        recipe.load(file)
    assert words in caught.value.title
    assert len(caught.value.title) < 200 + len(str(file))


def test_a_setting_matters_only_where_the_one_it_needs_has_a_value_it_needs() -> None:
    known = {setting.path: setting for setting in recipe.settings()}
    sgd = recipe.change(Recipe(), {"optim.method": "sgd"})
    assert recipe.matters(known["optim.momentum"], sgd)
    assert not recipe.matters(known["optim.momentum"], Recipe())
    assert recipe.matters(known["optim.learning_rate"], Recipe())
    for setting in recipe.settings():
        if setting.needs:
            path, values = setting.needs
            assert set(values) <= {*known[path].choices, *known[path].suggested}


def test_a_run_of_one_epoch_may_warm_up_all_along() -> None:
    assert recipe.change(Recipe(), {"schedule.epochs": 1}).schedule.warmup_epochs == 1


def test_neither_a_folder_nor_other_bytes_are_a_recipe(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\x9a\x00")
    with pytest.raises(Error, match="it is no text"):
        recipe.find(str(tmp_path / "bytes"))
    with pytest.raises(Error, match="is a folder, no recipe"):
        recipe.find(str(tmp_path))

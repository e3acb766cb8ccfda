//! Tables.

use super::{Folder, ids, jpeg, open, person, strict};
use std::path::Path;
use stgan_train::Error;
use stgan_train::data::{self, Crop, DataSettings, Pool, Source, landmarks};

const HEADER: &str =
    "id,split,glasses,person,yaw,r_iris_x,r_iris_y,l_iris_x,l_iris_y,r_temple_x,r_temple_y,l_temple_x,l_temple_y";

/// Eight images with a table: 0 … 5 for training, 6 and 7 for validation; 4, 5 and 7 have glasses.
pub(super) fn table(name: &str) -> Folder {
    let folder = Folder::new(name);
    let mut text = HEADER.to_owned();
    for i in 0..8u64 {
        folder.write(&format!("aligned/f{i}.jpg"), jpeg(i, 89));
        let split = if i < 6 { "train" } else { "val" };
        let person = person(i);
        let points = [person.pupils(), person.temples()].concat();
        let points: Vec<String> = points.iter().flatten().map(|x| format!("{:.3}", 0.5 * x)).collect();
        let glasses = u8::from([4, 5, 7].contains(&i));
        text += &format!("\nf{i},{split},{glasses},p{i},{:.1},{}", person.yaw(), points.join(","));
    }
    folder.write("labels.csv", text);
    folder
}

#[test]
fn tables_are_read_with_all_columns_and_with_few() {
    let folder = table("table");
    let data = open(&folder, &strict()).unwrap();
    assert_eq!((ids(&data.without_glasses), ids(&data.with_glasses)), (vec!["f0", "f1", "f2", "f3"], vec!["f4", "f5"]));
    assert_eq!((ids(&data.validation_without_glasses), ids(&data.validation_with_glasses)), (vec!["f6"], vec!["f7"]));
    let face = &data.with_glasses.faces()[0];
    assert!(face.target.is_some() && face.yaw.is_some());
    assert_eq!(face.placement, landmarks::placement(&face.target.unwrap()));

    // With CelebA's crop, landmarks are used for measurement only. They can also be ignored.
    let crop = open(&folder, &DataSettings { crop: Crop::Aligned, ..strict() }).unwrap();
    let blind = open(&folder, &DataSettings { landmarks: false, ..strict() }).unwrap();
    assert!(crop.without_glasses.faces()[0].target.is_some() && blind.without_glasses.faces()[0].target.is_none());
    let place = crop.without_glasses.faces()[0].placement;
    assert_eq!(place, blind.without_glasses.faces()[0].placement);
    assert!((place.x - 44.5).abs() < 1e-9 && (place.width - 44.136).abs() < 1e-9);

    // Turned faces are excluded from training, not from validation.
    let yaw = |pool: &Pool| pool.faces().iter().map(|face| face.yaw.unwrap().abs()).fold(0.0, f64::max);
    let most = yaw(&data.without_glasses);
    let level = open(&folder, &DataSettings { max_yaw: most - 0.01, ..strict() }).unwrap();
    assert!(
        level.without_glasses.len() == 3
            && yaw(&level.without_glasses) < most
            && level.validation_without_glasses.len() == 1
    );

    // The minimum of columns, images by path, words for `glasses`, other split names.
    for i in 0..3 {
        std::fs::rename(folder.0.join(format!("aligned/f{i}.jpg")), folder.0.join(format!("{i}.jpeg"))).unwrap();
    }
    folder.write(
        "labels.csv",
        "\u{feff}image,split,person,glasses\n0.jpeg,mine,a,no\n1.jpeg,mine,b,Yes\n2.jpeg,theirs,c,false\naligned/f3.jpg,spare,d,1",
    );
    let settings = DataSettings { splits: vec!["mine".into()], validation: "theirs".into(), ..strict() };
    let data = open(&folder, &settings).unwrap();
    assert_eq!((data.without_glasses.len(), data.with_glasses.len(), data.validation_without_glasses.len()), (1, 1, 1));
    assert!(data.without_glasses.faces()[0].target.is_none() && data.without_glasses.faces()[0].yaw.is_none());
    assert_eq!(data.without_glasses.faces()[0].id, "0.jpeg");
    let more = DataSettings { with_glasses_splits: vec!["spare".into()], ..settings };
    assert_eq!(open(&folder, &more).unwrap().with_glasses.len(), 2);
}

#[test]
fn unusable_rows_of_a_table_are_skipped_by_name() {
    let folder = table("table-broken");
    let text = folder.read("labels.csv");
    let rows: Vec<&str> = text.lines().collect();
    let cells = |row: usize| rows[row].split(',').collect::<Vec<_>>();
    let changed = |row: usize, cell: usize, to: &str| {
        let mut cells = cells(row);
        cells[cell] = to;
        cells.join(",")
    };
    let square = image::RgbImage::new(64, 64);
    square.save(folder.0.join("aligned/square.jpg")).unwrap();
    image::RgbImage::new(3, 4).save(folder.0.join("aligned/tiny.jpg")).unwrap();
    let extra = |id: &str, rest: &str| format!("{id},train,0,{id},0,{rest}");
    let broken = [
        (changed(1, 2, "2"), "row 2: `glasses` is \"2\""),
        (changed(2, 1, ""), "row 3: `split` is missing"),
        (changed(3, 7, "left"), "row 4: `l_iris_x` is \"left\""),
        (cells(4)[..8].join(","), "row 5: `l_iris_y` is missing"),
        (changed(5, 5, "1e9"), "f4.jpg: invalid landmarks: a pupil is outside"),
        (changed(6, 9, "NaN"), "f5.jpg: invalid landmarks: a coordinate is not finite"),
        (rows[7].to_owned(), "f6 is listed twice"),
        (extra("square", ",,,,,,,"), "square.jpg: the image of 64×64 pixels does not have CelebA's aspect ratio"),
        (extra("tiny", ",,,,,,,"), "tiny.jpg: the image of 3×4 pixels is too small"),
        (extra("f1", "20,40,20,40,10,40,60,40"), "the pupils are closer than 4 pixels"),
        (extra("f2", "30,40,60,40,70,40,10,40"), "the temples are swapped"),
        (changed(1, 4, "much").replacen("f0", "f8", 1), "row 13: `yaw` is \"much\""),
    ];
    let lines: Vec<String> = broken.iter().map(|(row, _)| row.clone()).collect();
    folder.write(
        "labels.csv",
        [&[HEADER.to_owned()], &lines[..], &[rows[7].to_owned(), extra("f3", ",,,,,,,")]].concat().join("\n"),
    );
    let data = open(&folder, &DataSettings::default()).unwrap();
    // Single rows may lack landmarks.
    assert_eq!((ids(&data.without_glasses), data.without_glasses.faces()[0].target), (vec!["f3"], None));
    assert_eq!(ids(&data.validation_without_glasses), ["f6"]);
    let named: Vec<String> = data.problems.iter().map(ToString::to_string).collect();
    for (_, wanted) in &broken {
        assert!(named.iter().any(|line| line.contains(wanted)), "{wanted:?} is not in {named:#?}");
    }
    assert_eq!(named.len(), broken.len(), "{named:#?}");
    assert_eq!(open(&folder, &strict()).unwrap_err().code(), "data");
}

#[test]
fn an_incomplete_or_inconsistent_table_is_rejected() {
    let error = |settings: DataSettings, change: &dyn Fn(&Folder)| {
        let folder = table("table-unusable");
        change(&folder);
        let error = open(&folder, &settings).unwrap_err();
        format!("{}: {error}", error.code())
    };
    let edit = |from: &'static str, to: &'static str| move |f: &Folder| f.edit("labels.csv", from, to);
    let nothing = |_: &Folder| {};
    let plain = DataSettings::default;
    for (found, named) in [
        (error(plain(), &|f| std::fs::remove_file(f.0.join("labels.csv")).unwrap()), "labels.csv"),
        (error(DataSettings { source: Source::Celeba, ..plain() }, &nothing), "list_attr_celeba"),
        (error(DataSettings { source: Source::Synthetic, ..plain() }, &nothing), "argument: data.source"),
        (error(plain(), &edit("glasses", "spectacles")), "no column `glasses`"),
        (error(plain(), &edit("id,split", "name,split")), "neither a column `id` nor"),
        (error(plain(), &edit("r_temple_y", "r_temple_z")), "no column `r_temple_y`"),
        (error(plain(), &edit(",p6,", ",p1,")), "person p1 is in the splits train and val"),
        (
            error(DataSettings { splits: vec!["trian".into()], ..plain() }, &nothing),
            "no split trian; the splits are train, val",
        ),
        (error(DataSettings { validation: "train".into(), ..plain() }, &nothing), "argument: data.validation"),
        (error(DataSettings { splits: Vec::new(), ..plain() }, &nothing), "argument: data.splits"),
        (error(DataSettings { max_yaw: f64::NAN, ..plain() }, &nothing), "argument: data.max_yaw"),
        (error(plain(), &|f| f.write("labels.csv", "")), "neither a column `id` nor"),
    ] {
        assert!(found.contains(named), "{named}: {found}");
    }
    let error = data::open(None, &DataSettings { source: Source::Table, ..plain() }, &|_, _| {}).unwrap_err();
    assert_eq!(error.code(), "argument");
    let absent = data::open(Some(Path::new("/nowhere")), &plain(), &|_, _| {}).unwrap_err();
    assert!(matches!(absent, Error::Data { .. }), "{absent}");
}

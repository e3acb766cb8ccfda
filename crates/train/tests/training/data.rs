//! Data sets: CelebA's layout, tables, and the handling of unusable files.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use stgan_synth::people::Person;
use stgan_train::data::augment::Perturbation;
use stgan_train::data::{self, Broken, Crop, DataSettings, Dataset, Pool, Source, landmarks};
use stgan_train::{Error, Result};

/// A folder that is removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("stgan-data-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }

    fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} has no {from:?}");
        self.write(name, text.replacen(from, to, 1));
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn person(i: u64) -> Person {
    Person::sample(&mut ChaCha8Rng::seed_from_u64(1000 + i))
}

/// A synthetic person as a JPEG file.
fn jpeg(i: u64, width: u32) -> Vec<u8> {
    let image = person(i).draw(width).unwrap();
    let image = image::RgbaImage::from_raw(image.width(), image.height(), image.into_data()).unwrap();
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::from(image).into_rgb8().write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

/// Twelve images in CelebA's layout: 1 … 7 for training, 8 … 10 for validation, 11 and 12 for
/// testing. Every third person has glasses.
fn celeba(name: &str) -> Folder {
    let folder = Folder::new(name);
    let mut attributes = "12\n5_o_Clock_Shadow Eyeglasses Young \n".to_owned();
    let (mut parts, mut eyes, mut identities) = (String::new(), String::new(), String::new());
    for i in 1..=12u64 {
        let file = format!("{i:06}.jpg");
        folder.write(&format!("img_align_celeba/{file}"), jpeg(i, 178));
        let glasses = if i.is_multiple_of(3) { " 1" } else { "-1" };
        attributes += &format!("{file} -1 {glasses}  1\n");
        parts += &format!("{file} {}\n", usize::from(i > 7) + usize::from(i > 10));
        eyes += &format!("{file}    69  111   108  {}   88  135   72  152  107  152\n", 108 + i);
        identities += &format!("{file} {}\n", 2880 + if i == 5 { 4 } else { i });
    }
    folder.write("list_attr_celeba.txt", attributes);
    folder.write("list_eval_partition.txt", parts);
    let names =
        "lefteye_x lefteye_y righteye_x righteye_y nose_x nose_y leftmouth_x leftmouth_y rightmouth_x rightmouth_y";
    folder.write("list_landmarks_align_celeba.txt", format!("12\n{names} \n{eyes}"));
    folder.write("identity_CelebA.txt", identities);
    folder
}

const HEADER: &str =
    "id,split,glasses,person,yaw,r_iris_x,r_iris_y,l_iris_x,l_iris_y,r_temple_x,r_temple_y,l_temple_x,l_temple_y";

/// Eight images with a table: 0 … 5 for training, 6 and 7 for validation; 4, 5 and 7 have glasses.
fn table(name: &str) -> Folder {
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

fn open(folder: &Folder, settings: &DataSettings) -> Result<Dataset> {
    data::open(Some(&folder.0), settings, &|_, _| {})
}

fn ids(pool: &Pool) -> Vec<&str> {
    pool.faces().iter().map(|face| face.id.trim_end_matches(".jpg").trim_start_matches("0000")).collect()
}

fn strict() -> DataSettings {
    DataSettings { broken: Broken::Refuse, ..DataSettings::default() }
}

#[test]
fn celeba_is_read_in_its_original_layout() {
    let folder = celeba("celeba");
    let heard = [const { AtomicUsize::new(0) }; 2];
    let data = data::open(Some(&folder.0), &strict(), &|done, total| {
        heard[0].fetch_add(done, Ordering::Relaxed);
        heard[1].store(total, Ordering::Relaxed);
    })
    .unwrap();
    assert_eq!(ids(&data.without_glasses), ["01", "02", "04", "05", "07"]);
    assert_eq!(ids(&data.with_glasses), ["03", "06"]);
    assert_eq!(
        (ids(&data.validation_without_glasses), ids(&data.validation_with_glasses)),
        (vec!["08", "10"], vec!["09"])
    );
    assert!(data.problems.is_empty());
    assert_eq!(heard.map(AtomicUsize::into_inner), [55, 10]);
    let face = &data.without_glasses.faces()[0];
    assert_eq!((face.person.as_str(), face.size, face.yaw), ("2881", (178, 218), None));
    // Eyes from the list, temples of an average face.
    let target = face.target.unwrap();
    assert_eq!((target[0], target[1]), ([69.5, 111.5], [108.5, 109.5]));
    assert!(
        (landmarks::distance(target[2], target[3]) / landmarks::distance(target[0], target[1]) - 0.613 / 0.278).abs()
            < 1e-9
    );

    // Without landmarks, the crop is CelebA's: a square around (89, 124) with half side 72.
    std::fs::remove_file(folder.0.join("list_landmarks_align_celeba.txt")).unwrap();
    std::fs::remove_file(folder.0.join("identity_CelebA.txt")).unwrap();
    let data = open(&folder, &strict()).unwrap();
    let face = &data.without_glasses.faces()[0];
    assert_eq!((face.target, face.person.as_str()), (None, "000001.jpg"));
    let crop = face.placement.to_photo().unwrap();
    for (canonical, pixel) in [([0.0, 0.0], [89.0, 124.0]), ([1.0, -1.0], [161.0, 52.0])] {
        assert!(landmarks::distance(crop.apply(canonical), pixel) < 1e-9);
    }
    let test = DataSettings { splits: vec!["test".into()], validation: String::new(), ..strict() };
    let data = open(&folder, &test).unwrap();
    assert_eq!(
        (ids(&data.without_glasses), ids(&data.with_glasses), data.validation_without_glasses.len()),
        (vec!["11"], vec!["12"], 0)
    );
}

#[test]
fn celeba_is_read_in_the_layout_of_mirrors() {
    let folder = celeba("celeba-csv");
    for (stem, header) in [
        ("list_attr_celeba", "image_id,5_o_Clock_Shadow,Eyeglasses,Young"),
        ("list_eval_partition", "image_id,partition"),
        (
            "list_landmarks_align_celeba",
            "image_id,lefteye_x,lefteye_y,righteye_x,righteye_y,nose_x,nose_y,leftmouth_x,leftmouth_y,rightmouth_x,rightmouth_y",
        ),
    ] {
        let text = folder.read(&format!("{stem}.txt"));
        let rows = text.lines().filter(|line| line.contains(".jpg"));
        let rows: Vec<String> = rows.map(|row| row.split_whitespace().collect::<Vec<_>>().join(",")).collect();
        folder.write(&format!("{stem}.csv"), format!("{header}\n{}\n", rows.join("\n")));
        std::fs::remove_file(folder.0.join(format!("{stem}.txt"))).unwrap();
    }
    let inner = folder.0.join("moved");
    std::fs::rename(folder.0.join("img_align_celeba"), &inner).unwrap();
    std::fs::create_dir(folder.0.join("img_align_celeba")).unwrap();
    std::fs::rename(inner, folder.0.join("img_align_celeba/img_align_celeba")).unwrap();
    let data = open(&folder, &strict()).unwrap();
    assert_eq!(ids(&data.without_glasses), ["01", "02", "04", "05", "07"]);
    assert_eq!(ids(&data.with_glasses), ["03", "06"]);
    assert_eq!(data.without_glasses.faces()[0].target.unwrap()[0], [69.5, 111.5]);
}

#[test]
fn streamed_pools_and_pools_in_memory_give_equal_examples() {
    let folder = celeba("streamed");
    let streamed = open(&folder, &DataSettings { keep_in_memory_below: 0, ..strict() }).unwrap();
    let kept = open(&folder, &strict()).unwrap();
    assert!(streamed.without_glasses.is_streamed() && !kept.without_glasses.is_streamed());
    let by = Perturbation { colour: true, warp: 0.1, warped_share: 0.5, ..Perturbation::DROPPED };
    let example = |pool: &Pool, i: usize, seed: u64| {
        pool.subject(i).unwrap().example(36, &by, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap()
    };
    for i in 0..kept.without_glasses.len() {
        let first = example(&streamed.without_glasses, i, 5);
        assert!(first == example(&streamed.without_glasses, i, 5) && first == example(&kept.without_glasses, i, 5));
        assert!(first != example(&kept.without_glasses, i, 6));
    }
    // A file that disappears later causes an error, not a panic.
    std::fs::remove_file(folder.0.join("img_align_celeba/000001.jpg")).unwrap();
    assert_eq!(streamed.without_glasses.subject(0).unwrap_err().code(), "io");
    assert!(kept.without_glasses.subject(0).is_ok());
}

#[test]
fn unusable_files_of_celeba_are_skipped_or_rejected_by_name() {
    let folder = celeba("celeba-broken");
    let image = |i: u32| format!("img_align_celeba/{i:06}.jpg");
    let whole = std::fs::read(folder.0.join(image(2))).unwrap();
    folder.write(&image(1), b"");
    folder.write(&image(2), &whole[..whole.len() / 2]);
    folder.write(&image(3), b"GIF89a, says the file");
    std::fs::remove_file(folder.0.join(image(4))).unwrap();
    folder.edit("list_eval_partition.txt", "000005.jpg 0", "000005.jpg 7");
    folder.edit("list_attr_celeba.txt", "000006.jpg -1  1", "000006.jpg -1  yes");
    folder.edit("list_landmarks_align_celeba.txt", "000008.jpg    69", "000008.jpg   169");
    folder.edit("list_attr_celeba.txt", "12\n", "13\n");
    let data = open(&folder, &DataSettings::default()).unwrap();
    assert_eq!(
        (ids(&data.without_glasses), data.with_glasses.len(), ids(&data.validation_without_glasses)),
        (vec!["07"], 0, vec!["10"])
    );
    let named: Vec<String> = data.problems.iter().map(ToString::to_string).collect();
    for wanted in [
        "000001.jpg: the file is empty",
        "000002.jpg: cannot decode",
        "000003.jpg: cannot decode",
        "000004.jpg: No such file",
        "000005.jpg: list_eval_partition has \"7\"",
        "Eyeglasses is \"yes\"",
        "000008.jpg: invalid landmarks",
        "list_attr_celeba.txt: the list has 12 rows, but its first line says 13",
    ] {
        assert!(named.iter().any(|line| line.contains(wanted)), "{wanted:?} is not in {named:#?}");
    }
    assert_eq!(named.len(), 8, "{named:#?}");
    assert!(data.summary().contains("8 skipped") && data.summary().contains("and 3 more"), "{}", data.summary());
    let error = open(&folder, &strict()).unwrap_err();
    assert!(error.code() == "data" && error.to_string().contains("also"), "{error}");

    // No usable face is left.
    for i in [7, 10] {
        folder.write(&image(i), b"");
    }
    let error = open(&folder, &DataSettings::default()).unwrap_err().to_string();
    assert!(error.contains("no faces without glasses in split train; 10 cannot be used"), "{error}");
}

#[test]
fn an_incomplete_or_inconsistent_celeba_folder_is_rejected() {
    let error = |change: &dyn Fn(&Folder)| {
        let folder = celeba("celeba-unusable");
        change(&folder);
        open(&folder, &DataSettings::default()).unwrap_err().to_string()
    };
    let remove = |name: &'static str| move |folder: &Folder| std::fs::remove_file(folder.0.join(name)).unwrap();
    for (found, named) in [
        (error(&remove("list_attr_celeba.txt")), "neither labels.csv nor CelebA's"),
        (error(&remove("list_eval_partition.txt")), "list_eval_partition"),
        (error(&|f| std::fs::remove_dir_all(f.0.join("img_align_celeba")).unwrap()), "img_align_celeba"),
        (error(&|f| f.edit("list_attr_celeba.txt", "Eyeglasses", "Goggles")), "Eyeglasses"),
        (error(&|f| f.edit("list_landmarks_align_celeba.txt", "lefteye_x", "left")), "lefteye_x"),
        (error(&|f| f.write("list_attr_celeba.txt", [0xff, 0xfe, 0x00])), "not UTF-8 text"),
        // An identity in two splits is an error even if unusable rows are skipped.
        (error(&|f| f.edit("identity_CelebA.txt", "000008.jpg 2888", "000008.jpg 2882")), "person 2882"),
    ] {
        assert!(found.contains(named), "{found}");
    }
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

#[test]
fn further_faces_are_for_training_only_and_of_other_people() {
    let mut data = open(&celeba("further-first"), &strict()).unwrap();
    let table = table("further-second");
    let only_training = DataSettings { validation: String::new(), ..strict() };
    let more = open(&table, &only_training).unwrap();
    let (before, added) = (data.without_glasses.len(), more.without_glasses.len());
    assert!(added > 0 && more.validation_without_glasses.is_empty());
    data.extend_training(more, 0).unwrap();
    assert_eq!(data.without_glasses.len(), before + added);
    assert_eq!(ids(&data.validation_without_glasses), ["08", "10"]);
    assert!(data.without_glasses.is_streamed() && data.name.contains(" and "));
    // The last face is of the second folder, with its pixels.
    assert!(data.without_glasses.faces()[before + added - 1].image().is_ok());

    // The people of the validation split must not be learned.
    let swapped = DataSettings { splits: vec!["val".into()], ..only_training };
    let mut held_out = open(&table, &strict()).unwrap();
    let same_people = open(&table, &swapped).unwrap();
    let error = held_out.extend_training(same_people, 0).unwrap_err().to_string();
    assert!(error.contains("is in the validation of"), "{error}");
}
